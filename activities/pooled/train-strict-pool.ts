import { verifyAndRead } from '../../ledger/candle-file.ts';
import type { Claim } from '../../ledger/claim-rows.ts';
import { seriesOfFile } from '../../ledger/file-rows.ts';
import type { LineageRow } from '../../ledger/lineage-rows.ts';
import type { SeriesHead } from '../../registry/head-file.ts';
import { type Series, seriesKey, timeframesMs } from '../../series.ts';
import type { PooledOutcome, SeriesFailure, TrainPooledRequest } from '../../workflows/types.ts';
import { owner } from '../claims.ts';
import { failure } from '../failures.ts';
import { underLease } from '../lease.ts';
import { looksAt } from '../looks.ts';
import { quarantiningBadFiles } from '../quarantine.ts';
import { stageTraining } from '../staging.ts';
import { type Classified, classify } from '../strict/classify.ts';
import { byFetch, headOf, pastOf, refuseLineage, settingsThatChanged } from '../strict/train-strict.ts';
import { championOf, hashOfColumns, type TrainDeps } from '../train.ts';
import type { TrainingProgress } from '../train-series-model.ts';
import { reasonOf } from './left-out.ts';
import { closedMs, isPooled, type PooledHead, whyNoPool } from './pool-heads.ts';
import type { StrictPoolJob, StrictPoolMember, StrictPoolTraining } from './train-strict-pool-model.ts';

export interface StrictPoolTrainer {
  trainStrictPool(
    job: StrictPoolJob,
    options: { readonly signal: AbortSignal; readonly onProgress: (progress: TrainingProgress) => void },
  ): Promise<StrictPoolTraining>;
}

export type StrictPoolDeps = TrainDeps & {
  readonly trainer: StrictPoolTrainer;
  /** The series that a new pool is made of. */
  readonly series: readonly Series[];
};

interface Lineage {
  readonly series: string;
  readonly row: LineageRow | undefined;
  readonly past: SeriesHead | undefined;
}

interface Member extends Lineage, Classified {}

/**
 * Strict mode with MODEL_SCOPE=pooled. The pool's series are fixed at its genesis, which waits until each of them has
 * TRAIN_MIN_POINTS candles. From then on a series without new candles, or with a file that cannot be read, stops no
 * other: its head moves along, because the model is everyone's.
 */
export const trainStrictPool = async (
  deps: StrictPoolDeps,
  request: TrainPooledRequest,
): Promise<PooledOutcome> => {
  const { ledger, options, leaseMs, modelsDir } = deps;
  const { claimId } = request;
  const claim = ledger.hold({ claimId, ...owner(), leaseMs });
  const lineages = lineagesOf(deps, request);
  const { members, left } = membersOf(deps, claim, lineages, request);
  const found = members.reduce((sum, { columns }) => sum + columns.openTimeMs.length, 0);
  const why = whyTooFew(members, found, options);
  if (why !== undefined) return { trained: [], left: mergedLeft(left, leaveAll(request, why)) };
  const job = jobOf(deps, request, members);
  const trainings = await underLease(deps, claimId, (at) => deps.trainer.trainStrictPool(job, at));
  const trained = members.map((member) => {
    const { series, row, past, columns, dispositions } = member;
    const { head, comparison, ...training } = trainings[series]!;
    const before = past ? { head: past.head, lineage: past.head.lineage } : { lineage: head.lineage };
    return stageTraining(modelsDir, claimId, series, {
      training,
      dataHash: hashOfColumns(columns),
      newCandles: dispositions.reduce((sum, { candles }) => sum + candles, 0),
      strict: {
        ...{ lineage: head.lineage, from: row?.headVersionId ?? null, head, dispositions },
        notes: settingsThatChanged(deps, before),
        ...(comparison && { comparison }),
      },
    });
  });
  return { trained, left };
};

/** Of the pool that there is, else of the configured series, which then begin one. By name, ascending. */
const lineagesOf = (deps: StrictPoolDeps, request: TrainPooledRequest): Lineage[] => {
  const load = (series: string): Lineage => {
    const row = deps.ledger.activeLineage(series);
    return { series, row, past: headOf(deps, row) };
  };
  const configured = deps.series.map(seriesKey).sort().map(load);
  const members = configured.find(({ past }) => past?.head.pool)?.past?.head.pool?.members;
  const lineages = members?.map(load) ?? configured;
  const heads = lineages.flatMap(({ past }) => (past ? [past.head] : []));
  const missing = lineages.find(({ past }) => !past);
  const why = heads.length > 0 && missing ? `${missing.series} has no lineage` : whyNoPool(heads);
  const states = lineages.find(({ row }) => row?.nStates != null)?.row?.nStates;
  if (heads.length > 0 && why !== undefined)
    refuseLineage(deps, request, `${why}; the series of a pool begin, and go back, together: ${way}`);
  if (states != null && request.nStates !== undefined && request.nStates !== states)
    refuseLineage(
      deps,
      request,
      `the pool has ${states} states since its genesis, ${request.nStates} were asked for; ${way}`,
    );
  return lineages;
};

const way = 'begin others with `npm run lineage -- new`, for each of them';

/** A series with a bad file takes part without new candles once there is a pool; a claimed one outside of it is left. */
const membersOf = (
  deps: StrictPoolDeps,
  claim: Claim,
  lineages: readonly Lineage[],
  request: TrainPooledRequest,
): { members: Member[]; left: SeriesFailure[] } => {
  const left: SeriesFailure[] = [];
  const heads = lineages.flatMap(({ past }) => (past && isPooled(past.head) ? [past.head] : []));
  const closed = heads.length > 0 ? { closedMs: closedMs(heads) } : {};
  const members = lineages.map((lineage): Member => {
    const { series, past } = lineage;
    const mine = claim.files.filter((file) => seriesKey(seriesOfFile(file)) === series).sort(byFetch);
    const history = { ...pastOf(deps, series, past, mine), ...closed };
    try {
      const files = quarantiningBadFiles(deps.ledger, () =>
        mine.map((file) => ({ fileId: file.fileId, ...verifyAndRead(file, deps.dataDir) })),
      );
      return { ...lineage, ...classify(files, history) };
    } catch (error) {
      left.push({ series, ...reasonOf(error) });
      return { ...lineage, ...classify([], history) };
    }
  });
  const known = new Set(lineages.map(({ series }) => series));
  const strangers = request.series.filter((series) => !known.has(series));
  const reason = `not in the pool, whose series are fixed since its genesis; ${way}`;
  return { members, left: [...left, ...leave(strangers, reason)] };
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

const leave = (series: readonly string[], reason: string): SeriesFailure[] =>
  series.map((one) => ({ series: one, type: 'NotEnoughData', reason }));

const leaveAll = ({ series }: TrainPooledRequest, reason: string): SeriesFailure[] => leave(series, reason);

/** A series that is left for a reason of its own keeps that one. */
const mergedLeft = (own: readonly SeriesFailure[], all: readonly SeriesFailure[]): SeriesFailure[] => [
  ...own,
  ...all.filter(({ series }) => !own.some((one) => one.series === series)),
];

const jobOf = (
  deps: StrictPoolDeps,
  request: TrainPooledRequest,
  members: readonly Member[],
): StrictPoolJob => {
  const { ledger, options, series } = deps;
  const { covarianceType, seed, minPoints, nStates } = options;
  const [first] = series;
  if (!first) throw failure('NotEnoughData', 'there is no series');
  return {
    ...{ covarianceType, seed, minPoints, timeframeMs: timeframesMs[first.timeframe] },
    nStates: request.nStates ?? nStates,
    strictPool: members.map(({ series, row, past, columns }): StrictPoolMember => {
      const champion = championOf(deps, series);
      const look = champion ? looksAt(ledger, champion.versionId, series) + 1 : 1;
      return {
        ...{ series, columns, lineage: row?.lineage ?? `${series}#1`, gate: { ...options.gate, look } },
        ...(past && { head: past.head as PooledHead }),
        ...(past?.comparison && { comparison: past.comparison }),
        ...(champion && { champion: champion.model }),
      };
    }),
  };
};
