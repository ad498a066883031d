import type { OnlineReport, SeriesEvaluation } from '../backtest/evaluate-series.ts';

export interface Check {
  readonly name: string;
  readonly pass: boolean;
  readonly got: string;
}

export interface EvaluatedFile {
  readonly file: string;
  readonly timeframe: string;
  readonly candles: number;
  readonly seconds: number;
  readonly checks: readonly Check[];
  readonly evaluation: SeriesEvaluation;
}

/** Demanded of the trainer's number of states; reported for the selected one (docs/explanation/online-learning.md). */
const onlineCheck = ({ nStates, onlineMinusRolling }: OnlineReport): Check => ({
  name: `online learning, K=${nStates}, within 0.005 nats of the rolling refit`,
  pass: onlineMinusRolling.difference >= -0.005,
  got: `${onlineMinusRolling.difference.toFixed(4)} nats/candle`,
});

/** What must hold of a series for `npm run evaluate` to end with 0. GARCH and calibration are reported, not demanded. */
export const checksOf = ({ judgement, online, promotions, nulls }: SeriesEvaluation): Check[] => {
  const { oneState, iidMixture, ewma } = judgement.rivals;
  const gains = { 'one state': oneState, 'the i.i.d. mixture': iidMixture, 'EWMA volatility': ewma };
  return [
    ...Object.entries(gains).map(([name, rival]): Check => {
      const lower = rival?.gain.joint?.lower ?? Number.NaN;
      return {
        name: `beats ${name} on later candles`,
        pass: lower > 0,
        got: `lower bound ${lower.toFixed(4)}`,
      };
    }),
    onlineCheck(online[0]!),
    {
      name: 'promoted models hold up',
      pass: promotions.held === promotions.promotions.length,
      got: `${promotions.held} of ${promotions.promotions.length}`,
    },
    ...nulls
      .filter(({ kind, blockLength }) => kind === 'single-regime' || blockLength === 1)
      .map(({ kind, seeds, returns, joint }): Check => {
        // Features of single-regime candles are averages over windows, so only their returns are free of memory.
        const found = kind === 'shuffled' ? Math.max(returns, joint) : returns;
        return {
          name: `no regimes in ${kind} data`,
          pass: found <= Math.ceil(0.1 * seeds),
          got: `found on ${found} of ${seeds} seeds`,
        };
      }),
  ];
};
