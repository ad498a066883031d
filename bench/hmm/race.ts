import type { Contestant } from './contestant.ts';

/** The least CPU seconds of each contestant over the rounds, by name. */
export type Times = Readonly<Record<string, number>>;

/**
 * Every round lets each contestant run once, so that a slow minute of the machine meets all of them; the minimum is what
 * the work takes when nothing disturbs it. The round before them is not counted: it compiles. Throws unless all log-likelihoods agree to 1e-9.
 */
export const race = async (
  title: string,
  contestants: readonly Contestant[],
  rounds: number,
): Promise<Times> => {
  const times: Record<string, number> = {};
  let expected: number | undefined;
  for (let round = -1; round < rounds; round++) {
    for (const { name, lap } of contestants) {
      const { seconds, logLikelihood } = await lap();
      expected ??= logLikelihood;
      demandSame(`${title}: ${name}`, logLikelihood, expected);
      if (round >= 0) times[name] = Math.min(times[name] ?? Infinity, seconds);
    }
  }
  return times;
};

const demandSame = (what: string, got: number, want: number): void => {
  if (Math.abs(got - want) <= 1e-9 * Math.abs(want)) return;
  throw new Error(`${what} has the log-likelihood ${got}, another contestant ${want}: not the same work`);
};
