/** What one timed piece of work took and what it found. */
export interface Lap {
  /** CPU time of the process, all its threads. */
  readonly seconds: number;
  /** Nats; the same for all contestants in one race, or the comparison would not be honest. */
  readonly logLikelihood: number;
}

export interface Contestant {
  readonly name: string;
  lap(): Lap | Promise<Lap>;
}

/** Runs `work` and measures the CPU time of this process. */
export const timed = (work: () => number): Lap => {
  const before = process.cpuUsage();
  const logLikelihood = work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (user + system) / 1e6, logLikelihood };
};
