/** One line of the table: CPU seconds, or what `unit` says. */
export interface Row {
  readonly name: string;
  readonly ours: number;
  readonly peer: number | null;
  /** peer / ours: how many times faster we are. */
  readonly ratio: number | null;
  readonly limit: number | null;
  readonly unit: string;
  /** Rounds of which the least was taken. */
  readonly runs: number;
}

/** `want` as text: the number and on which side of it to be; `got` null: could not be measured here. */
export interface Bar {
  readonly want: string;
  readonly got: number | null;
}

export interface BenchResult {
  /** No bar that could be measured is missed. */
  readonly ok: boolean;
  readonly bars: Readonly<Record<string, Bar>>;
  readonly rows: readonly Row[];
  /** What could not be measured, and why. */
  readonly notes: readonly string[];
}

export const atLeast = (want: number, got: number | null): Bar => ({ want: `≥ ${want}`, got });
export const atMost = (want: number, got: number | null): Bar => ({ want: `≤ ${want}`, got });

export const holds = ({ want, got }: Bar): boolean => {
  if (got === null) return true;
  const limit = Number(want.slice(2));
  return want.startsWith('≥') ? got >= limit : got <= limit;
};

export const geometricMean = (values: readonly number[]): number | null =>
  values.length === 0
    ? null
    : Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

export const resultOf = (
  bars: Readonly<Record<string, Bar>>,
  rows: readonly Row[],
  notes: readonly string[],
): BenchResult => ({ ok: Object.values(bars).every(holds), bars, rows, notes });
