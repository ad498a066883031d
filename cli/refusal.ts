import { CommanderError } from 'commander';
import { UsageError } from './cli.ts';
import { GatewayRefusal, GatewayUnreachable } from './gateway-client.ts';

export interface Refused {
  readonly code: number;
  readonly reason: string;
  /** For programs. */
  readonly more?: object;
}

const hints: Readonly<Record<number, string>> = {
  401: 'give --api-key or --token, or set AUTOTRAIN_API_KEY or AUTOTRAIN_TOKEN',
  429: 'wait, then ask again',
  503: 'look at `autotrain status` and `autotrain doctor`',
};

const ofGateway = ({ status, code, detail, message }: GatewayRefusal): Refused => {
  const asked = message.slice(0, message.indexOf(' answered '));
  const hint = hints[status];
  const reason = `${detail}\n  ${asked} answered ${status}${code === undefined ? '' : ` ${code}`}`;
  return {
    code: 1,
    reason: hint === undefined ? reason : `${reason}; ${hint}`,
    more: { detail, status, ...(code === undefined ? {} : { code }) },
  };
};

const startOne =
  'start one with `npm start` (here: `autotrain up`), or name another with --url or AUTOTRAIN_URL';

/** What a failure is for whoever called: a code, and what was wrong, where, and what is allowed. */
export const refusalOf = (error: unknown, usage: () => string): Refused => {
  if (error instanceof UsageError) return { code: 2, reason: `${error.message}\n${usage()}` };
  // A group was named and no command of it.
  if (error instanceof CommanderError && error.code === 'commander.help') return { code: 2, reason: usage() };
  if (error instanceof CommanderError)
    return { code: 2, reason: `${error.message.replace(/^error: /, '')}\n${usage()}` };
  if (error instanceof GatewayRefusal) return ofGateway(error);
  const { message } = error as Error;
  return { code: 1, reason: error instanceof GatewayUnreachable ? `${message}; ${startOne}` : message };
};
