import { timeframesMs } from '../series.ts';

/**
 * Parsers of setting values: text in, value out.
 * They throw a RangeError whose message is what is allowed; the caller adds the setting's name and (unless secret) the text.
 */
export type Parse<T> = (text: string) => T;

const refuse = (allowed: string): never => {
  throw new RangeError(allowed);
};

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

const toNumber = (text: string): number => (decimal.test(text) ? Number(text) : Number.NaN);

/** A number in [min, max]; `above` excludes min itself. */
export const number =
  (min: number, max: number, { above = false } = {}): Parse<number> =>
  (text) => {
    const value = toNumber(text);
    const inside = value <= max && (above ? value > min : value >= min);
    return inside ? value : refuse(`a number ${above ? 'above' : 'from'} ${min} up to ${max}`);
  };

export const integer =
  (min: number, max: number): Parse<number> =>
  (text) => {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : refuse(`a whole number from ${min} to ${max}`);
  };

const yes = new Set(['true', '1', 'yes', 'on']);
const no = new Set(['false', '0', 'no', 'off']);

export const boolean: Parse<boolean> = (text) => {
  const word = text.toLowerCase();
  return yes.has(word) || (no.has(word) ? false : refuse('true or false'));
};

export const oneOf =
  <const T extends string>(...allowed: readonly T[]): Parse<T> =>
  (text) =>
    allowed.find((word) => word === text) ?? refuse(`one of ${allowed.join(', ')}`);

/** Free text of one line; `pattern` and its description narrow it. */
export const text =
  (pattern: RegExp = /^.+$/, allowed = 'text of one line'): Parse<string> =>
  (value) =>
    pattern.test(value) ? value : refuse(allowed);

export const list =
  <T>(item: Parse<T>): Parse<readonly T[]> =>
  (value) => {
    const parts = value.split(',').map((part) => part.trim());
    if (new Set(parts).size < parts.length) refuse('a list without repetitions');
    return parts.map(item);
  };

const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const isUnit = (unit: string): unit is keyof typeof unitsMs => Object.hasOwn(unitsMs, unit);

/** Milliseconds, given as a bare number or with a unit: `90000`, `90s`, `15m`, `12h`, `1d`. */
export const durationMs =
  (minMs: number, maxMs: number): Parse<number> =>
  (value) => {
    const [, amount = '', unit = 'ms'] = /^(\d+)\s*([a-z]+)?$/.exec(value) ?? [];
    const ms = isUnit(unit) && amount !== '' ? Number(amount) * unitsMs[unit] : Number.NaN;
    return ms >= minMs && ms <= maxMs
      ? ms
      : refuse(`${minMs} to ${maxMs} ms, as a number or with a unit: 500ms, 90s, 15m, 12h, 1d`);
  };

const isoDate = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z)?$/;

/** Times before this are taken for seconds given by mistake: as ms they lie in 1973. */
const earliestMs = 100_000_000_000;
const latestMs = 8_640_000_000_000_000;
const instantForms = 'epoch milliseconds (not seconds), or UTC such as 2024-01-01 or 2024-01-01T12:00:00Z';

/** JavaScript rolls 2024-02-30 over to March; a setting that says so is a mistake. */
const isoToMs = (value: string): number => {
  const ms = Date.parse(value);
  const sameDay = Number.isFinite(ms) && new Date(ms).toISOString().startsWith(value.slice(0, 10));
  return sameDay ? ms : Number.NaN;
};

/** Epoch ms of a UTC date or time; `0` means unset. */
export const instantMs: Parse<number | undefined> = (value) => {
  if (value === '0') return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) : isoDate.test(value) ? isoToMs(value) : Number.NaN;
  return ms >= earliestMs && ms <= latestMs ? ms : refuse(instantForms);
};

const cronRanges = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;

/** `*`, `5`, `1-5`, each with an optional step, separated by commas. */
const isCronField = (field: string, [min, max]: readonly [number, number]): boolean =>
  field.split(',').every((part) => {
    const [, from, to = from, step = '1'] = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part) ?? [part];
    if (!/^(\*|\d+)/.test(part) || Number(step) < 1 || (from === undefined && !part.startsWith('*')))
      return false;
    return from === undefined || (Number(from) >= min && Number(to) <= max && Number(from) <= Number(to));
  });

export const cron: Parse<string> = (value) => {
  const fields = value.trim().split(/\s+/);
  const valid =
    fields.length === cronRanges.length &&
    cronRanges.every((range, index) => isCronField(fields[index] ?? '', range));
  return valid
    ? fields.join(' ')
    : refuse('five cron fields (minute hour day month weekday) in UTC, such as 0 */6 * * *');
};

export const symbol = text(/^[A-Z0-9]+\/[A-Z0-9]+(:[A-Z0-9]+)?$/, 'BASE/QUOTE in capitals, such as BTC/USDT');

export const timeframe = oneOf(...(Object.keys(timeframesMs) as (keyof typeof timeframesMs)[]));

/** As it is written: the end of a path may matter to whoever listens there. */
export const webhookUrl: Parse<string> = (value) =>
  URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
    ? value
    : refuse('an http:// or https:// address');

export const httpUrl: Parse<string> = (value) => webhookUrl(value).replace(/\/+$/, '');

export const hostAndPort = text(
  /^[^\s:/]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$/,
  'host:port, such as 127.0.0.1:7233',
);
