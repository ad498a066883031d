import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Fresh, openFresh } from '../ledger/fresh.fixture.ts';
import { btc, land, run1 } from '../ledger/ledger.fixture.ts';
import type { NewVersion } from '../ledger/versions.ts';
import { seriesKey } from '../series.ts';
import type { ModelFile, SeriesModel } from './model-file.ts';
import { type WriteRequest, writeVersionDir } from './store.ts';

const diagHmm: SeriesModel['hmm'] = {
  covarianceType: 'diag',
  startProbability: [0.25, 0.75],
  transitionMatrix: [
    [0.9, 0.1],
    [0.2, 0.8],
  ],
  means: [
    [-0.1, 0],
    [0.1, 1 / 3],
  ],
  covariances: [
    [1, 2],
    [0.5, 0.1],
  ],
};

export const fullHmm: SeriesModel['hmm'] = {
  ...diagHmm,
  covarianceType: 'full',
  covariances: [
    [
      [1, 0.5],
      [0.5, 2],
    ],
    [
      [1, 0],
      [0, 1],
    ],
  ],
};

/** A small model, two states and two features; `mark` makes models differ. */
export const seriesModel = (mark = 0, hmm: SeriesModel['hmm'] = diagHmm): SeriesModel => {
  const scaler = { mean: [mark, 0], scale: [1, 0.1] };
  const trainedRange = { fromMs: 0, toMs: 3_600_000 };
  const heldOut = { fromMs: 7_200_000, toMs: 10_800_000, candles: 2 };
  return {
    hmm,
    scaler,
    regimes: ['BEAR', 'BULL'],
    trainedRange,
    judged: { hmm, scaler, trainedRange, heldOut },
  };
};

export const modelFile = (mark = 0): ModelFile => ({
  schema: 'autotrain-model/1',
  featureSet: 'candles-4/1',
  series: { [seriesKey(btc)]: seriesModel(mark) },
});

export const idOf = (number: number): string =>
  `20240101T000000Z__hmm2__${number.toString(16).padStart(8, '0')}`;

/** A ledger and an empty models directory beside it. */
export const openRegistry = (options: Fresh = {}) => {
  const there = openFresh(options);
  const modelsDir = join(there.dataDir, 'models');
  mkdirSync(modelsDir);
  return { ...there, modelsDir };
};

type There = ReturnType<typeof openRegistry>;

export const write = ({ modelsDir }: There, number: number, more: Partial<WriteRequest> = {}) =>
  writeVersionDir({
    modelsDir,
    versionId: idOf(number),
    model: modelFile(number),
    metadata: { number },
    ...more,
  });

/** The ledger's row of a version that was written. */
export const rowOf = (number: number, { dir, modelHash }: ReturnType<typeof write>): NewVersion => ({
  ...{ versionId: idOf(number), dir, parentVersionId: null, metricName: 'm', metricValue: 1, modelHash },
  ...{ dataHash: 'd', nStates: 2, nObs: 2, tag: null, series: [seriesKey(btc)], gate: null, createdAt: 1 },
});

/** Writes a version and commits it under a claim of its own. */
export const commit = (there: There, number: number): string => {
  const version = rowOf(number, write(there, number));
  land(there, { from: number * 2, count: 2 });
  const { claimId } = there.ledger.claim({ ...run1, leaseMs: 1000, series: [seriesKey(btc)] });
  return there.ledger.commitVersion({ ...run1, claimId, version, dispositions: [] }).versionId;
};

let requests = 0;

export const promote = ({ ledger }: There, number: number) => {
  requests += 1;
  const why = { kind: 'promote', actor: 'test', reason: 'better', requestId: `promote-${requests}` } as const;
  return ledger.promote({ versionId: idOf(number), ...why });
};
