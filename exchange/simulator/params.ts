import { isTimeframe, type Timeframe } from '../../series.ts';
import { RefusedRequest } from './answers.ts';

const integerPattern = /^[0-9]{1,20}$/;
const symbolPattern = /^[A-Z0-9\-_.]{1,20}$/;

/** Reads query parameters as Binance does; each problem is thrown as its own refusal. */
export const readParams = (query: URLSearchParams) => {
  const read = new Set<string>();

  const text = (name: string): string | undefined => {
    read.add(name);
    return query.get(name) || undefined;
  };

  const mandatory = (name: string): string => {
    const value = text(name);
    if (value === undefined) {
      throw new RefusedRequest(
        -1102,
        `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`,
      );
    }
    return value;
  };

  const legal = (name: string, value: string, pattern: RegExp): string => {
    if (pattern.test(value)) return value;
    throw new RefusedRequest(
      -1100,
      `Illegal characters found in parameter '${name}'; legal range is '${pattern.source}'.`,
    );
  };

  const integer = (name: string): number | undefined => {
    const value = text(name);
    return value === undefined ? undefined : Number(legal(name, value, integerPattern));
  };

  return {
    integer,
    text,
    symbol: (): string => legal('symbol', mandatory('symbol'), symbolPattern),
    timeframe: (): Timeframe => {
      const interval = mandatory('interval');
      if (isTimeframe(interval)) return interval;
      throw new RefusedRequest(-1120, 'Invalid interval.');
    },
    /** Call it last: whatever was sent and not read is refused. */
    end: (): void => {
      const sent = [...query.keys()].length;
      const used = [...query.keys()].filter((name) => read.has(name)).length;
      if (used === sent) return;
      throw new RefusedRequest(
        -1104,
        `Not all sent parameters were read; read '${used}' parameter(s) but was sent '${sent}'.`,
      );
    },
  };
};
