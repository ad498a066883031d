/** Open times from the first to the last, both included. */
export interface OpenTimes {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Ascending; those that overlap or follow each other are one. */
const joined = (spans: readonly OpenTimes[], stepMs: number): OpenTimes[] => {
  const result: { fromMs: number; toMs: number }[] = [];
  for (const { fromMs, toMs } of [...spans].sort((one, other) => one.fromMs - other.fromMs)) {
    const last = result.at(-1);
    if (last && fromMs <= last.toMs + stepMs) last.toMs = Math.max(last.toMs, toMs);
    else result.push({ fromMs, toMs });
  }
  return result;
};

/** What is left of `spans` where none of `others` is, ascending. */
export const without = (
  spans: readonly OpenTimes[],
  others: readonly OpenTimes[],
  stepMs: number,
): OpenTimes[] => {
  const taken = joined(others, stepMs);
  const left: OpenTimes[] = [];
  let next = 0;
  for (const { fromMs, toMs } of joined(spans, stepMs)) {
    let from = fromMs;
    while ((taken[next]?.toMs ?? from) < from) next++;
    for (let at = next; (taken[at]?.fromMs ?? Number.POSITIVE_INFINITY) <= toMs; at++) {
      if (taken[at]!.fromMs > from) left.push({ fromMs: from, toMs: taken[at]!.fromMs - stepMs });
      from = Math.max(from, taken[at]!.toMs + stepMs);
    }
    if (from <= toMs) left.push({ fromMs: from, toMs });
  }
  return left;
};

export const candlesIn = ({ fromMs, toMs }: OpenTimes, stepMs: number): number =>
  Math.floor((toMs - fromMs) / stepMs) + 1;

/** Where the first of the ascending times stands that is not before `timeMs`. */
const firstFrom = (times: Float64Array, timeMs: number): number => {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Those of ascending times that are inside. */
export const timesIn = (times: Float64Array, { fromMs, toMs }: OpenTimes): Float64Array =>
  times.subarray(firstFrom(times, fromMs), firstFrom(times, toMs + 1));
