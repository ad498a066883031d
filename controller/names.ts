import { namePattern, nameRule, opaqueIdPattern, opaqueIdRule, pairPattern } from '../names.ts';
import { ControllerError } from './errors.ts';

/** A strategy on an instrument: what presets, decisions and learning belong to. */
export interface Scope {
  readonly strategy: string;
  readonly instrument: string;
}

const refuse = (what: string, value: unknown, rule: string): never => {
  throw new ControllerError(
    'InvalidName',
    `${what} ${JSON.stringify(value)?.slice(0, 100)} is not valid: ${rule}`,
  );
};

const nameOf = (what: string, value: unknown): string =>
  typeof value === 'string' && namePattern.test(value) ? value : refuse(what, value, nameRule);

/** The engine upper-cases instruments and drops the slash of `BTC/USDT`: all spellings are one. */
const instrumentOf = (value: unknown): string => {
  if (typeof value !== 'string') return refuse('instrument', value, nameRule);
  return nameOf('instrument', value.replace(pairPattern, '$1$2')).toUpperCase();
};

/** The one spelling of a scope: strategy in lower case, instrument in upper case without the slash. */
export const normalScope = ({ strategy, instrument }: Scope): Scope => ({
  strategy: nameOf('strategy', strategy).toLowerCase(),
  instrument: instrumentOf(instrument),
});

export const presetIdOf = (value: unknown): string => nameOf('preset id', value);

export const featureNameOf = (value: unknown): string => nameOf('feature', value);

/** An id that a client made up: anything printable, 200 characters at most. */
export const opaqueIdOf = (what: string, value: unknown): string =>
  typeof value === 'string' && opaqueIdPattern.test(value) ? value : refuse(what, value, opaqueIdRule);
