/** All values of one field of a cron (as parsers.ts lets it through) in its range. */
const valuesOf = (field: string, min: number, max: number): ReadonlySet<number> => {
  const parts = field.split(',').map((part) => {
    const [range = '*', step] = part.split('/');
    const [from, to] = range === '*' ? [min, max] : range.split('-').map(Number);
    const last = to ?? (step === undefined ? from! : max);
    const count = Math.floor((last - from!) / Number(step ?? 1)) + 1;
    return Array.from({ length: count }, (_, at) => from! + at * Number(step ?? 1));
  });
  return new Set(parts.flat());
};

const dayMs = 86_400_000;
/** Two leap days, four years apart. */
const [firstMs, lastMs] = [Date.UTC(2000, 0, 1), Date.UTC(2004, 11, 31)];

/** Days from one on which a cron fires to the next, at most; Infinity: it fires on no day. */
export const longestGapDays = (cron: string): number => {
  const [, , dayOfMonth = '*', month = '*', weekday = '*'] = cron.split(' ');
  const days = valuesOf(dayOfMonth, 1, 31);
  const months = valuesOf(month, 1, 12);
  const weekdays = new Set([...valuesOf(weekday, 0, 7)].map((day) => day % 7));
  let longest = 0;
  let previousMs: number | undefined;
  for (let atMs = firstMs; atMs <= lastMs; atMs += dayMs) {
    const day = new Date(atMs);
    const fires =
      days.has(day.getUTCDate()) && months.has(day.getUTCMonth() + 1) && weekdays.has(day.getUTCDay());
    if (!fires) continue;
    if (previousMs !== undefined) longest = Math.max(longest, (atMs - previousMs) / dayMs);
    previousMs = atMs;
  }
  return longest === 0 ? Number.POSITIVE_INFINITY : longest;
};
