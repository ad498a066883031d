import { verifyAndRead } from '../../ledger/candle-file.ts';
import type { Claim } from '../../ledger/claim-rows.ts';
import { type FileRow, seriesOfFile } from '../../ledger/file-rows.ts';
import type { LineageRow } from '../../ledger/lineage-rows.ts';
import type { SeriesHead } from '../../registry/head-file.ts';
import { type Series, seriesKey } from '../../series.ts';
import type { SeriesFailure, TrainPooledRequest } from '../../workflows/types.ts';
import { quarantiningBadFiles } from '../quarantine.ts';
import { type Classified, classify } from '../strict/classify.ts';
import { type TrainedPast, trainedPastOf } from '../strict/past.ts';
import { byFetch, headOf, pastOf, refuseLineage } from '../strict/train-strict.ts';
import type { TrainDeps } from '../train-deps.ts';
import { reasonOf } from './left-out.ts';
import { closedMs, isPooled, whyNoPool } from './pool-heads.ts';

export type PoolDeps = TrainDeps & {
  /** The series that a new pool is made of. */
  readonly series: readonly Series[];
};

interface Lineage {
  readonly series: string;
  /** Its name: after a rewind not that of the head's first lineage. */
  readonly lineage: string;
  readonly row: LineageRow | undefined;
  readonly past: SeriesHead | undefined;
}

export interface Member extends Lineage, Classified {
  /** Claimed files that could be read, in the order of fetching. */
  readonly files: readonly FileRow[];
  /** What baselines are fitted on. */
  readonly trained: TrainedPast;
}

/** Of the pool that there is, else of the configured series, which then begin one. By name, ascending. */
export const lineagesOf = (deps: PoolDeps, request: TrainPooledRequest): Lineage[] => {
  const load = (series: string): Lineage => {
    const row = deps.ledger.activeLineage(series);
    return { series, lineage: row?.lineage ?? `${series}#1`, row, past: headOf(deps, row) };
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
export const membersOf = (
  deps: PoolDeps,
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
    const known = { ...lineage, trained: trainedPastOf(deps, past?.head) };
    const history = { ...pastOf(deps, series, past, mine), ...closed };
    try {
      const files = quarantiningBadFiles(deps.ledger, () =>
        mine.map((file) => ({ fileId: file.fileId, ...verifyAndRead(file, deps.dataDir) })),
      );
      return { ...known, ...classify(files, history), files: mine };
    } catch (error) {
      left.push({ series, ...reasonOf(error) });
      return { ...known, ...classify([], history), files: [] };
    }
  });
  const known = new Set(lineages.map(({ series }) => series));
  const strangers = request.series.filter((series) => !known.has(series));
  const reason = `not in the pool, whose series are fixed since its genesis; ${way}`;
  return { members, left: [...left, ...leave(strangers, reason)] };
};

export const leave = (series: readonly string[], reason: string): SeriesFailure[] =>
  series.map((one) => ({ series: one, type: 'NotEnoughData', reason }));
