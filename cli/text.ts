/** How people read times and figures. */

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** The two largest parts: `2d 4h`, `3m 12s`, `0s`. */
export const duration = (ms: number): string => {
  const at = units.findIndex(([, size]) => Math.abs(ms) >= size);
  if (at === -1) return '0s';
  const [[name, size], next] = [units[at]!, units[at + 1]];
  const whole = Math.floor(Math.abs(ms) / size);
  const rest = next ? Math.floor((Math.abs(ms) % size) / next[1]) : 0;
  return rest > 0 && next ? `${whole}${name} ${rest}${next[0]}` : `${whole}${name}`;
};

export const ago = (timeMs: number, nowMs: number): string => `${duration(nowMs - timeMs)} ago`;

/** `2024-01-31 09:30` in UTC. */
export const moment = (timeMs: number | null | undefined): string | null =>
  timeMs === null || timeMs === undefined
    ? null
    : new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ');

export const figure = (value: number | null | undefined): string | null =>
  value === null || value === undefined ? null : value.toFixed(4);

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Epoch ms since the year 2001; nothing else that we answer is so large. */
const isMoment = (value: unknown): value is number => typeof value === 'number' && value > 1e12;

const shown = (value: unknown): string => {
  if (isMoment(value)) return `${moment(value)} UTC`;
  return typeof value === 'string' ? value : JSON.stringify(value);
};

/** What is left of an answer that holds nobody's structure: `name value` joined, without what is empty. */
export const listed = (values: Readonly<Record<string, unknown>>): string =>
  Object.entries(values)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${name} ${shown(value)}`)
    .join(', ');
