import { z } from 'zod';
import type { StateLabels } from '../hmm/labels/state-labels.ts';
import { RegistryError } from './errors.ts';
import type {
  Ensemble,
  JudgedModel,
  ModelFile,
  OpenTimeRange,
  Prequential,
  Scaler,
  SeriesModel,
} from './model-file.ts';
import { modelFileSchema } from './model-schema.ts';

type Hmm = SeriesModel['hmm'];

const hmm = (model: Hmm) => ({
  covarianceType: model.covarianceType,
  startProbability: model.startProbability,
  transitionMatrix: model.transitionMatrix,
  means: model.means,
  covariances: model.covariances,
  ...(model.degreesOfFreedom && { degreesOfFreedom: model.degreesOfFreedom }),
});

const scaler = ({ mean, scale }: Scaler) => ({ mean, scale });

const range = ({ fromMs, toMs }: OpenTimeRange) => ({ fromMs, toMs });

const ensemble = ({ forgetting, members }: Ensemble) => ({
  forgetting,
  members: members.map((member) => ({
    hmm: hmm(member.hmm),
    regimes: member.regimes,
    weight: member.weight,
  })),
});

const judged = (model: JudgedModel) => ({
  hmm: hmm(model.hmm),
  scaler: scaler(model.scaler),
  trainedRange: range(model.trainedRange),
  heldOut: { ...range(model.heldOut), candles: model.heldOut.candles },
  ...(model.ensemble && { ensemble: ensemble(model.ensemble) }),
});

const prequential = ({ fromMs, toMs, candles, meanLogLikelihood }: Prequential) => ({
  fromMs,
  toMs,
  candles,
  meanLogLikelihood,
});

const labels = ({ ids, fresh, renamed, nextId }: StateLabels) => ({ ids, fresh, renamed, nextId });

const seriesModel = (model: SeriesModel) => ({
  hmm: hmm(model.hmm),
  scaler: scaler(model.scaler),
  regimes: model.regimes,
  trainedRange: range(model.trainedRange),
  ...(model.labels && { labels: labels(model.labels) }),
  ...(model.judged && { judged: judged(model.judged) }),
  ...(model.prequential && { prequential: prequential(model.prequential) }),
  ...(model.ensemble && { ensemble: ensemble(model.ensemble) }),
});

const byKey = ([one]: [string, unknown], [other]: [string, unknown]): number => (one < other ? -1 : 1);

const ordered = ({ schema, featureSet, series }: ModelFile): ModelFile => ({
  schema,
  featureSet,
  series: Object.fromEntries(
    Object.entries(series)
      .sort(byKey)
      .map(([key, model]) => [key, seriesModel(model)]),
  ),
});

/** Checks that a value is a model; `code` says whose fault it is when not. */
export const checkModel = (value: unknown, code: 'Invalid' | 'Corrupt', where: string): ModelFile => {
  const result = modelFileSchema.safeParse(value);
  if (result.success) return value as ModelFile;
  throw new RegistryError(code, `${where}: ${z.prettifyError(result.error)}`);
};

/**
 * The bytes of model.json: keys in the order of the types, shortest round-trip doubles, −0 as 0. The same model
 * always gives the same bytes. Throws `Invalid` for NaN, infinities, wrong shapes and unknown fields.
 */
export const serializeModel = (model: ModelFile): string =>
  `${JSON.stringify(ordered(checkModel(model, 'Invalid', 'model.json')))}\n`;
