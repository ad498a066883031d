/** Collects how far computed numbers are from the wanted ones, and which are too far. */
export interface Comparison {
  /** Largest deviation of each quantity over all cases. */
  readonly worst: Record<string, number>;
  readonly failures: Failure[];
}

export interface Failure {
  readonly file: string;
  /** Absent where no case could be run. */
  readonly kernel?: string;
  readonly what: string;
  readonly got: unknown;
  readonly want: unknown;
}

export type Scale = 'relative' | 'absolute';

/** Compares arrays of one case; where the wanted number is not finite the computed one must be finite, or the same. */
export const createComparison = (file: string, kernel: string, { worst, failures }: Comparison) => {
  const differs = (what: string, got: unknown, want: unknown): void => {
    failures.push({ file, kernel, what, got, want });
  };
  const numbers = (
    what: string,
    got: ArrayLike<number>,
    want: ArrayLike<number>,
    tolerance: number,
    scale: Scale,
  ): void => {
    if (got.length !== want.length) {
      differs(`${what}: how many numbers`, got.length, want.length);
      return;
    }
    const unit = scale === 'relative' ? largest(want) : 1;
    const { deviation, at } = farthest(got, want, unit);
    const name = what.replaceAll(/\[.*?\]/g, '');
    worst[name] = Math.max(worst[name] ?? 0, deviation);
    if (!(deviation <= tolerance)) differs(`${what}[${at}]`, got[at], want[at]);
  };
  const exact = (what: string, got: ArrayLike<number>, want: ArrayLike<number>): void => {
    const at = Array.from(want).findIndex((value, i) => value !== got[i]);
    if (got.length !== want.length) differs(`${what}: how many`, got.length, want.length);
    else if (at >= 0) differs(`${what}[${at}]`, got[at], want[at]);
  };
  return { numbers, exact, fail: differs };
};

export type CaseComparison = ReturnType<typeof createComparison>;

const largest = (values: ArrayLike<number>): number => {
  let size = 0;
  for (let i = 0; i < values.length; i++)
    if (Number.isFinite(values[i]!)) size = Math.max(size, Math.abs(values[i]!));
  return size || 1;
};

const farthest = (
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  unit: number,
): { deviation: number; at: number } => {
  let deviation = 0;
  let at = 0;
  for (let i = 0; i < want.length; i++) {
    const apart = deviationOf(got[i]!, want[i]!, unit);
    if (apart > deviation) [deviation, at] = [apart, i];
  }
  return { deviation, at };
};

const deviationOf = (got: number, want: number, unit: number): number => {
  if (Object.is(got, want)) return 0;
  if (!Number.isFinite(want)) return Number.isFinite(got) ? 0 : Number.POSITIVE_INFINITY;
  const apart = Math.abs(got - want) / unit;
  return Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart;
};
