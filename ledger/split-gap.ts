export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly missing: number;
}

/** Cuts a gap into the runs of candles that came and the runs that are still missing. */
export const splitGap = (
  { fromMs, toMs }: Omit<Span, 'missing'>,
  came: Iterable<number>,
  stepMs: number,
): { readonly filled: readonly Span[]; readonly remaining: readonly Span[] } => {
  const there = new Set(came);
  const spans: { isFilled: boolean; fromMs: number; toMs: number; missing: number }[] = [];
  for (let time = fromMs; time <= toMs; time += stepMs) {
    const isFilled = there.has(time);
    const last = spans.at(-1);
    if (last?.isFilled === isFilled) {
      last.toMs = time;
      last.missing += 1;
    } else spans.push({ isFilled, fromMs: time, toMs: time, missing: 1 });
  }
  const of = (wanted: boolean): Span[] =>
    spans
      .filter(({ isFilled }) => isFilled === wanted)
      .map((span) => ({ fromMs: span.fromMs, toMs: span.toMs, missing: span.missing }));
  return { filled: of(true), remaining: of(false) };
};
