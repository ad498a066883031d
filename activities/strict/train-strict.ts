import type { CandleValues } from '../../ledger/candle-columns.ts';
import { verifyAndRead } from '../../ledger/candle-file.ts';
import { readWindow } from '../../ledger/candle-store.ts';
import { type FileRow, seriesOfFile } from '../../ledger/file-rows.ts';
import { type LineageRow, refusalOfStates } from '../../ledger/lineage-rows.ts';
import type { SeriesHead } from '../../registry/head-file.ts';
import { readHead } from '../../registry/heads.ts';
import { parseSeries, seriesKey, timeframesMs } from '../../series.ts';
import type { SeriesOutcome, TrainSeriesRequest } from '../../workflows/types.ts';
import { owner } from '../claims.ts';
import { failure } from '../failures.ts';
import { underLease } from '../lease.ts';
import { looksAt } from '../looks.ts';
import { quarantiningBadFiles } from '../quarantine.ts';
import { stageTraining } from '../staging.ts';
import { championOf, hashOfColumns, type TrainDeps } from '../train-deps.ts';
import type { TrainingProgress } from '../train-series-model.ts';
import { strictInputs } from '../training-inputs.ts';
import { type Classified, classify } from './classify.ts';
import { trainedPastOf } from './past.ts';
import { isInside } from './ranges.ts';
import type { StrictJob, StrictTraining } from './train-strict-model.ts';

/** As `Trainer`, for strict mode. */
export interface StrictTrainer {
  trainStrict(
    job: StrictJob,
    options: { readonly signal: AbortSignal; readonly onProgress: (progress: TrainingProgress) => void },
  ): Promise<StrictTraining>;
}

export type StrictDeps = TrainDeps & { readonly trainer: StrictTrainer };

/** Trains one series on the claimed files alone and stages the result with what became of each of their candles. */
export const trainStrict = async (deps: StrictDeps, request: TrainSeriesRequest): Promise<SeriesOutcome> => {
  const { job, lineage, dispositions, inputs, warnings } = quarantiningBadFiles(deps.ledger, () =>
    prepare(deps, request),
  );
  const held = { claimId: request.claimId, what: request.series };
  const { head, comparison, ...training } = await underLease(deps, held, (options) =>
    deps.trainer.trainStrict(job, options),
  );
  return stageTraining(deps, request.claimId, request.series, {
    training: { ...training, warnings: [...training.warnings, ...warnings] },
    dataHash: hashOfColumns(job.columns),
    inputs,
    newCandles: dispositions.reduce((sum, { candles }) => sum + candles, 0),
    strict: {
      ...{ ...lineage, head, dispositions, notes: settingsThatChanged(deps, job) },
      ...(comparison && { comparison }),
    },
  });
};

const prepare = (deps: StrictDeps, request: TrainSeriesRequest) => {
  const { ledger, dataDir, options, leaseMs } = deps;
  const claim = ledger.hold({ claimId: request.claimId, ...owner(), leaseMs });
  const row = ledger.activeLineage(request.series);
  const before = headOf(deps, row);
  demandLineage(deps, request, row, before);
  const mine = claim.files.filter((file) => seriesKey(seriesOfFile(file)) === request.series).sort(byFetch);
  const files = mine.map((file) => ({ fileId: file.fileId, ...verifyAndRead(file, dataDir) }));
  const { columns, dispositions } = classify(files, pastOf(deps, request.series, before, mine));
  demandCandles(deps, columns, before);
  const champion = championOf(deps, request.series);
  const { covarianceType, seed, minPoints, gate } = options;
  const lineage = row?.lineage ?? `${request.series}#1`;
  const { past, warnings } = trainedPastOf(deps, before?.head);
  const job: StrictJob = {
    ...{ lineage, series: request.series, columns, covarianceType, seed, minPoints },
    timeframeMs: timeframesMs[parseSeries(request.series).timeframe],
    nStates: row?.nStates ?? request.nStates ?? options.nStates,
    ...before,
    ...(past && { past }),
    ...(champion && { champion: champion.model }),
    gate: { ...gate, look: champion ? looksAt(ledger, champion.versionId, request.series) + 1 : 1 },
  };
  const head = row?.headVersionId ?? null;
  const inputs = strictInputs(job, { files: mine, champion: champion?.versionId ?? null, head });
  return { job, lineage: { lineage, from: head }, dispositions, inputs, warnings };
};

/** Earliest fetched first. */
export const byFetch = (one: FileRow, other: FileRow): number =>
  one.fetchedAt - other.fetchedAt || one.seq - other.seq;

export const headOf = ({ modelsDir }: TrainDeps, row: LineageRow | undefined): SeriesHead | undefined => {
  if (!row?.headVersionId) return undefined;
  const { headVersionId: versionId, headHash, series } = row;
  return readHead({ modelsDir, versionId, series, ...(headHash !== null && { expectedHeadHash: headHash }) });
};

/** The archive is looked at for late candles only, and only to say whether they differ from what is stored. */
export const pastOf = (
  { ledger, dataDir }: TrainDeps,
  key: string,
  before: SeriesHead | undefined,
  files: readonly FileRow[],
) => {
  const series = parseSeries(key);
  const trainedRanges = before?.head.trainedRanges ?? [];
  let stored: Map<number, CandleValues> | undefined;
  const readStored = (): Map<number, CandleValues> => {
    const fromMs = Math.min(...files.map(({ tStart }) => tStart));
    const { openTimeMs, open, high, low, close, volume } = readWindow({ ledger, dataDir, series, fromMs });
    return new Map(
      Array.from(openTimeMs, (time, i) => [
        time,
        Float64Array.of(open[i]!, high[i]!, low[i]!, close[i]!, volume[i]!),
      ]),
    );
  };
  return {
    trainedRanges,
    timeframeMs: timeframesMs[series.timeframe],
    storedCopy: (time: number) => {
      if (!isInside(trainedRanges, time)) return undefined;
      stored ??= readStored();
      return stored.get(time);
    },
  };
};

/** The files did nothing wrong: they go back without counting an attempt. */
export const refuseLineage = (
  { ledger }: TrainDeps,
  { claimId, series }: { readonly claimId: number; readonly series: string | readonly string[] },
  message: string,
): never => {
  ledger.giveBack({ ...owner(), claimId, series: [series].flat(), countAttempt: false, maxAttempts: 1 });
  throw failure('LineageFixed', message);
};

/** The number of states and the scope are fixed at genesis. */
const demandLineage = (
  deps: StrictDeps,
  request: TrainSeriesRequest,
  row: LineageRow | undefined,
  before: SeriesHead | undefined,
): void => {
  if (row && before?.head.pool)
    refuseLineage(
      deps,
      request,
      `the lineage ${row.lineage} belongs to a pool since its genesis; ${anotherOne}`,
    );
  const refusal = refusalOfStates(row, request.nStates);
  if (refusal !== undefined) refuseLineage(deps, request, refusal);
};

const anotherOne = 'begin another one with `npm run lineage -- new`';

const demandCandles = (
  { options }: StrictDeps,
  { openTimeMs }: Classified['columns'],
  before: SeriesHead | undefined,
): void => {
  const { minPoints, minNewCandles } = options;
  const found = openTimeMs.length;
  if (!before && found < minPoints) {
    const way = 'stored candles that were trained before come back with `npm run lineage -- new`';
    throw failure(
      'NotEnoughData',
      `${found} candles for the genesis of a lineage, TRAIN_MIN_POINTS is ${minPoints}; ${way}`,
    );
  }
  if (found >= minNewCandles) return;
  throw failure('NotEnoughData', `${found} new candles, MIN_NEW_CANDLES is ${minNewCandles}`);
};

/** A lineage keeps what it was begun with. */
export const settingsThatChanged = (
  { options }: TrainDeps,
  { head, lineage }: Pick<StrictJob, 'head' | 'lineage'>,
): string[] => {
  const states = head?.online.model.startProbability.length;
  const type = head?.online.model.covarianceType;
  return [
    ...(states !== undefined && options.nStates !== 'auto' && states !== options.nStates
      ? [
          `${lineage} goes on with ${states} states; HMM_STATES=${options.nStates} counts from the next lineage on`,
        ]
      : []),
    ...(type !== undefined && type !== options.covarianceType
      ? [
          `${lineage} goes on with ${type} covariances; HMM_COVARIANCE=${options.covarianceType} counts from the next lineage on`,
        ]
      : []),
  ];
};
