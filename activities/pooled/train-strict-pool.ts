import type { GateOptions } from '../../registry/gate.ts';
import { timeframesMs } from '../../series.ts';
import type { PooledOutcome, SeriesFailure, TrainPooledRequest } from '../../workflows/types.ts';
import { fixedStates } from '../choose-states.ts';
import { owner } from '../claims.ts';
import { failure } from '../failures.ts';
import { underLease } from '../lease.ts';
import { looksAt } from '../looks.ts';
import { stageTraining } from '../staging.ts';
import { settingsThatChanged } from '../strict/train-strict.ts';
import { championOf, hashOfColumns, type TrainDeps } from '../train-deps.ts';
import type { TrainingProgress } from '../train-series-model.ts';
import { pooledInputs, strictInputs, type TrainingInputs } from '../training-inputs.ts';
import { leftByFit } from './left-out.ts';
import type { PooledHead } from './pool-heads.ts';
import { leave, lineagesOf, type Member, membersOf, type PoolDeps } from './pool-members.ts';
import type { StrictPoolJob, StrictPoolMember, StrictPoolTraining } from './train-strict-pool-model.ts';

export interface StrictPoolTrainer {
  trainStrictPool(
    job: StrictPoolJob,
    options: { readonly signal: AbortSignal; readonly onProgress: (progress: TrainingProgress) => void },
  ): Promise<StrictPoolTraining>;
}

export type StrictPoolDeps = PoolDeps & { readonly trainer: StrictPoolTrainer };

/**
 * Strict mode with MODEL_SCOPE=pooled. The pool's series are fixed at its genesis, which waits until each of them has
 * TRAIN_MIN_POINTS candles. From then on a series without new candles, or with a file that cannot be read, stops no
 * other: its head moves along, because the model is everyone's.
 */
export const trainStrictPool = async (
  deps: StrictPoolDeps,
  request: TrainPooledRequest,
): Promise<PooledOutcome> => {
  const { ledger, options, leaseMs } = deps;
  const { claimId } = request;
  const claim = ledger.hold({ claimId, ...owner(), leaseMs });
  const lineages = lineagesOf(deps, request);
  const { members, left } = membersOf(deps, claim, lineages, request);
  const found = members.reduce((sum, { columns }) => sum + columns.openTimeMs.length, 0);
  const why = whyTooFew(members, found, options);
  if (why !== undefined) return { trained: [], left: mergedLeft(left, leave(request.series, why)) };
  const { job, poolInputs } = jobOf(deps, request, members);
  const held = { claimId, what: `a pool of ${members.length}` };
  const trainings = await underLease(deps, held, (at) => deps.trainer.trainStrictPool(job, at)).catch(
    (error: unknown) => leftByFit(members, error),
  );
  if (Array.isArray(trainings)) return { trained: [], left: mergedLeft(left, trainings) };
  const trained = members.map((member) => {
    const { series, lineage, row, past, columns, dispositions, trained: read } = member;
    const { head, comparison, ...training } = trainings[series]!;
    return stageTraining(deps, claimId, series, {
      training: { ...training, warnings: [...training.warnings, ...read.warnings] },
      poolInputs,
      dataHash: hashOfColumns(columns),
      newCandles: dispositions.reduce((sum, { candles }) => sum + candles, 0),
      strict: {
        ...{ lineage, from: row?.headVersionId ?? null, head, dispositions },
        notes: settingsThatChanged(deps, { lineage, ...(past && { head: past.head }) }),
        ...(comparison && { comparison }),
      },
    });
  });
  return { trained, left };
};

const whyTooFew = (
  members: readonly Member[],
  found: number,
  { minPoints, minNewCandles }: TrainDeps['options'],
): string | undefined => {
  if (members.every(({ past }) => past))
    return found < minNewCandles ? `${found} new candles, MIN_NEW_CANDLES is ${minNewCandles}` : undefined;
  const short = members.filter(({ columns }) => columns.openTimeMs.length < minPoints);
  if (short.length === 0) return undefined;
  const counts = short.map(({ series, columns }) => `${series} has ${columns.openTimeMs.length}`).join(', ');
  return `the genesis of a pool needs TRAIN_MIN_POINTS=${minPoints} candles of each series: ${counts}`;
};

/** A series that is left for a reason of its own keeps that one. */
const mergedLeft = (own: readonly SeriesFailure[], all: readonly SeriesFailure[]): SeriesFailure[] => [
  ...own,
  ...all.filter(({ series }) => !own.some((one) => one.series === series)),
];

const jobOf = (
  deps: StrictPoolDeps,
  request: TrainPooledRequest,
  members: readonly Member[],
): { readonly job: StrictPoolJob; readonly poolInputs: Readonly<Record<string, TrainingInputs>> } => {
  const { options, series } = deps;
  const { covarianceType, seed, minPoints, nStates } = options;
  const [first] = series;
  if (!first) throw failure('NotEnoughData', 'there is no series');
  const shared = {
    ...{ covarianceType, seed, minPoints, timeframeMs: timeframesMs[first.timeframe] },
    nStates: request.nStates ?? fixedStates(nStates),
  };
  const all = members.map((member) => ({ member, ...judgedAgainst(deps, member) }));
  return {
    job: { ...shared, strictPool: all.map(({ member, gate, champion }) => asMember(member, gate, champion)) },
    poolInputs: Object.fromEntries(
      all.map(({ member: { series, lineage, columns, row, files }, gate, champion }) => {
        const from = { files, champion: champion?.versionId ?? null, head: row?.headVersionId ?? null };
        const inputs = strictInputs({ ...shared, lineage, columns, gate }, from);
        return [series, pooledInputs(inputs, { ...shared, gate })];
      }),
    ),
  };
};

type Champion = ReturnType<typeof championOf>;

const judgedAgainst = (
  deps: StrictPoolDeps,
  { series }: Member,
): { champion: Champion; gate: GateOptions } => {
  const champion = championOf(deps, series);
  const look = champion ? looksAt(deps.ledger, champion.versionId, series) + 1 : 1;
  return { champion, gate: { ...deps.options.gate, look } };
};

const asMember = (
  { series, lineage, past, columns, trained }: Member,
  gate: GateOptions,
  champion: Champion,
): StrictPoolMember => ({
  ...{ series, lineage, columns, gate },
  ...(past && { head: past.head as PooledHead }),
  ...(past?.comparison && { comparison: past.comparison }),
  ...(trained.past && { past: trained.past }),
  ...(champion && { champion: champion.model }),
});
