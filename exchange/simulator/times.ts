/** Epoch numbers by how many digits they have between 2001 and 2286: nothing else is that long. */
const digitsOfUnit = [
  { digits: 10, toMs: (value: number) => value * 1000 },
  { digits: 13, toMs: (value: number) => value },
  { digits: 16, toMs: (value: number) => value / 1000 },
] as const;

const isoPattern =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))? ?(Z|UTC|[+-]\d{2}:?\d{2})?$/i;

const isoTime = (text: string): number => {
  const [, day, time = '00:00', zone = 'Z'] = isoPattern.exec(text) ?? [];
  return Date.parse(`${day}T${time}${zone.toUpperCase() === 'UTC' ? 'Z' : zone}`);
};

/**
 * Epoch ms out of epoch seconds, ms or µs, or out of an ISO date (UTC where no zone is given).
 * Throws when the text is none of these.
 */
export const parseTime = (text: string): number => {
  const trimmed = text.trim();
  const unit = /^\d+$/.test(trimmed) && digitsOfUnit.find(({ digits }) => digits === trimmed.length);
  const timeMs = unit ? unit.toMs(Number(trimmed)) : isoTime(trimmed);
  if (!Number.isSafeInteger(timeMs))
    throw new Error(`"${text}" is neither an ISO date nor an epoch time in s, ms or µs`);
  return timeMs;
};
