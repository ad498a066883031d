import type { CandleColumns } from '../../ledger/candle-columns.ts';
import type { GateOptions } from '../../registry/gate.ts';
import type { ChampionComparison } from '../../registry/head-file.ts';
import type { SeriesModel } from '../../registry/model-file.ts';
import { judgeRetrain } from '../strict/judge-retrain.ts';
import { outcomeOf, type StrictTraining } from '../strict/train-strict-model.ts';
import { beginning, stopwatch, type TrainingProgress } from '../train-series-model.ts';
import { learnPool } from './learn-pool.ts';
import { type PoolGenesis, type PoolGenesisJob, poolGenesis } from './pool-genesis.ts';
import type { PooledHead } from './pool-heads.ts';

/** One series of the pool; new candles may be none, except at genesis. */
export interface StrictPoolMember {
  readonly series: string;
  readonly lineage: string;
  readonly columns: CandleColumns;
  /** All members have one, or none: then this is the genesis. */
  readonly head?: PooledHead;
  readonly champion?: SeriesModel;
  readonly comparison?: ChampionComparison;
  /** Older candles that the head was trained on, for baselines. */
  readonly past?: CandleColumns;
  readonly gate: GateOptions;
}

export interface StrictPoolJob extends Omit<PoolGenesisJob, 'members'> {
  readonly strictPool: readonly StrictPoolMember[];
}

/** By series. */
export type StrictPoolTraining = Readonly<Record<string, StrictTraining>>;

/**
 * Strict mode with MODEL_SCOPE=pooled: every candle is scored before the shared model learns from it, in (round, series)
 * order. Pure: the same candles in any number of calls give the same heads, bit for bit, while no series falls back by
 * more than the time-out. Each series has a gate of its own, against its own champion.
 */
export const trainStrictPoolModel = (
  job: StrictPoolJob,
  onProgress: (progress: TrainingProgress) => void,
): StrictPoolTraining => {
  const clock = stopwatch();
  const begun = begin(job, onProgress);
  const fitMs = clock();
  const absorbed = begun.heads[0]!.online.absorbed;
  onProgress({ ...beginning('absorb'), iteration: absorbed });
  const results = learnPool(begun.heads, begun.columns);
  const absorbMs = clock();
  onProgress(beginning('evaluate'));
  const judged = job.strictPool.map(
    (member, i) =>
      begun.judged?.[member.series] ??
      judgeRetrain({
        ...{ ...member, seed: job.seed, before: begun.heads[i]!, after: results[i]!.head },
        columns: begun.columns[member.series]!,
      }),
  );
  const timings = { fitMs, absorbMs, evaluateMs: clock() };
  const trainings = job.strictPool.map((member, i): [string, StrictTraining] => {
    const { warnings, ...evaluation } = judged[i]!;
    const outcome = { ...outcomeOf(member, results[i]!), ...evaluation };
    return [member.series, { ...outcome, warnings: [...begun.warnings, ...warnings], timings }];
  });
  return Object.fromEntries(trainings);
};

type Begun = Pick<PoolGenesis, 'heads' | 'warnings'> & {
  readonly columns: PoolGenesis['rest'];
  /** Of a genesis. */
  readonly judged?: PoolGenesis['judged'];
};

const begin = (job: StrictPoolJob, onProgress: (progress: TrainingProgress) => void): Begun => {
  const { strictPool } = job;
  const heads = strictPool.flatMap(({ head }) => (head ? [head] : []));
  if (heads.length === 0) {
    const { rest, ...first } = poolGenesis({ ...job, members: strictPool }, onProgress);
    return { ...first, columns: rest };
  }
  const columns = Object.fromEntries(strictPool.map(({ series, columns }) => [series, columns]));
  return { heads, columns, warnings: [] };
};
