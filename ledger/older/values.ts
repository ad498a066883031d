/** Below: seconds, then milliseconds, then microseconds, each from 1973 (or 1970) to beyond the year 5000. */
const mostSeconds = 1e11;
const mostMs = 1e14;

const numberMs = (value: number): number | undefined => {
  if (!Number.isFinite(value) || value < 0) return undefined;
  if (value < mostSeconds) return Math.round(value * 1000);
  return Math.floor(value < mostMs ? value : value / 1000);
};

const dateText =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(Z|UTC|[+-]\d{2}:?\d{2})?)?$/i;

/** Python's `utcnow().isoformat()` and SQLite's CURRENT_TIMESTAMP name no zone and mean UTC. */
const textMs = (text: string): number | undefined => {
  const [, day, time = '00:00', zone = 'Z'] = dateText.exec(text) ?? [];
  if (day === undefined) return undefined;
  const offset = zone.toUpperCase() === 'UTC' ? 'Z' : zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2');
  const timeMs = Date.parse(`${day}T${time}${offset.toUpperCase()}`);
  return Number.isNaN(timeMs) ? undefined : timeMs;
};

/** Epoch ms out of whatever the older stack wrote: a date as text, or epoch seconds, ms or µs as number or text. */
export const epochMsOf = (value: unknown): number | undefined => {
  if (typeof value === 'number') return numberMs(value);
  if (typeof value === 'bigint') return numberMs(Number(value));
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  return /^\d+(\.\d+)?$/.test(text) ? numberMs(Number(text)) : textMs(text);
};

/** '' for what is neither text nor a number, such as NULL. */
export const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value.trim();
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
};
