export interface Counted {
  /** Iterations that all runs of the fit have done together. */
  readonly done: number;
  /** How many there may be at most; it falls when a run converges before its last allowed one. */
  readonly of: number;
}

interface Allowed {
  readonly restarts: number;
  readonly shortIterations: number;
  readonly maxIterations: number;
  readonly initial?: unknown;
  readonly alsoFrom?: unknown;
}

const atMost = ({ restarts, shortIterations, maxIterations, initial, alsoFrom }: Allowed): number => {
  const fromSeed = restarts * shortIterations + Math.min(2, restarts) * maxIterations;
  return (initial ? maxIterations : fromSeed) + (alsoFrom ? maxIterations : 0);
};

export type FitCount = ReturnType<typeof createFitCount>;

/** Counts the iterations of one fit against the most that it may need. */
export const createFitCount = (allowed: Allowed) => {
  let done = 0;
  let of = atMost(allowed);
  return {
    iterated: (): Counted => ({ done: ++done, of }),
    /** A run is over that was allowed so many iterations more than it needed. */
    spared: (iterations: number): void => {
      of -= iterations;
    },
  };
};
