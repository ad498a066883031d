import { z } from 'zod';
import { parseSeries, seriesKey } from '../series.ts';
import type { ModelFile } from './model-file.ts';

const tolerance = 1e-9;
const sumsToOne = (row: readonly number[]): boolean =>
  Math.abs(row.reduce((total, value) => total + value, 0) - 1) <= tolerance;

/** zod's numbers are finite already. */
const vector = z.array(z.number()).min(1);
const matrix = z.array(vector).min(1);
const distribution = z.array(z.number().min(0).max(1)).min(1).refine(sumsToOne, 'does not sum to 1');

const hmmBase = {
  startProbability: distribution,
  transitionMatrix: z.array(distribution).min(1),
  means: matrix,
  degreesOfFreedom: z.array(z.number().positive()).min(1).exactOptional(),
};

const hasShape = (rows: readonly (readonly unknown[])[], height: number, width: number): boolean =>
  rows.length === height && rows.every((row) => row.length === width);

interface Shaped {
  readonly startProbability: readonly number[];
  readonly transitionMatrix: readonly (readonly number[])[];
  readonly means: readonly (readonly number[])[];
  readonly degreesOfFreedom?: readonly number[] | undefined;
}

const dimensionsAgree = ({
  startProbability,
  transitionMatrix,
  means,
  degreesOfFreedom,
}: Shaped): boolean => {
  const states = startProbability.length;
  const tailsAgree = degreesOfFreedom === undefined || degreesOfFreedom.length === states;
  return (
    tailsAgree && hasShape(transitionMatrix, states, states) && hasShape(means, states, means[0]?.length ?? 0)
  );
};

const sphericalAgrees = ({ means, covariances }: { means: number[][]; covariances: number[] }): boolean =>
  covariances.length === means.length;

const tiedAgrees = ({ means, covariances }: { means: number[][]; covariances: number[][] }): boolean => {
  const width = means[0]?.length ?? 0;
  return hasShape(covariances, width, width);
};

const diagonalAgrees = ({ means, covariances }: { means: number[][]; covariances: number[][] }): boolean =>
  hasShape(covariances, means.length, means[0]?.length ?? 0);

const fullAgrees = ({ means, covariances }: { means: number[][]; covariances: number[][][] }): boolean => {
  const width = means[0]?.length ?? 0;
  return covariances.length === means.length && covariances.every((one) => hasShape(one, width, width));
};

const isSymmetric = (one: number[][]): boolean =>
  one.every((row, i) => row.every((value, j) => Math.abs(value - (one[j]?.[i] ?? Number.NaN)) <= tolerance));

/** Sylvester's criterion by elimination: every pivot is above 0. */
const isPositiveDefinite = (one: number[][]): boolean => {
  const rows = one.map((row) => [...row]);
  return rows.every((pivotRow, k) => {
    const pivot = pivotRow[k] ?? 0;
    for (const row of rows.slice(k + 1)) {
      const factor = (row[k] ?? 0) / pivot;
      pivotRow.forEach((value, j) => {
        row[j] = (row[j] ?? 0) - factor * value;
      });
    }
    return pivot > 0;
  });
};

const covarianceMatrix = matrix
  .refine(isSymmetric, 'is not symmetric')
  .refine(isPositiveDefinite, 'is not positive definite');

const variances = z.array(z.number().positive()).min(1);

const hmm = z.discriminatedUnion('covarianceType', [
  z
    .strictObject({ covarianceType: z.literal('spherical'), ...hmmBase, covariances: variances })
    .refine(dimensionsAgree, 'dimensions disagree')
    .refine(sphericalAgrees, 'covariances are not [K]'),
  z
    .strictObject({
      covarianceType: z.literal('diag'),
      ...hmmBase,
      covariances: z.array(variances).min(1),
    })
    .refine(dimensionsAgree, 'dimensions disagree')
    .refine(diagonalAgrees, 'covariances are not [K][D]'),
  z
    .strictObject({ covarianceType: z.literal('tied'), ...hmmBase, covariances: covarianceMatrix })
    .refine(dimensionsAgree, 'dimensions disagree')
    .refine(tiedAgrees, 'covariances are not [D][D]'),
  z
    .strictObject({
      covarianceType: z.literal('full'),
      ...hmmBase,
      covariances: z.array(covarianceMatrix).min(1),
    })
    .refine(dimensionsAgree, 'dimensions disagree')
    .refine(fullAgrees, 'covariances are not [K][D][D]'),
]);

const scaler = z
  .strictObject({ mean: vector, scale: z.array(z.number().positive()).min(1) })
  .refine(({ mean, scale }) => mean.length === scale.length, 'mean and scale differ in length');

const openTimes = { fromMs: z.int(), toMs: z.int() };
const isOrdered = ({ fromMs, toMs }: { fromMs: number; toMs: number }): boolean => fromMs <= toMs;
const range = z.strictObject(openTimes).refine(isOrdered, 'ends before it begins');

const scalerFits = (model: { hmm: { means: number[][] }; scaler: { mean: number[] } }): boolean =>
  model.hmm.means[0]?.length === model.scaler.mean.length;

/** Ascending in states and the same features as the scaler: members differ in their numbers of states only. */
const ensemble = z.strictObject({
  forgetting: z.number().positive().max(1),
  members: z
    .array(
      z
        .strictObject({
          hmm,
          regimes: z.array(z.string().min(1)),
          weight: z
            .number()
            .positive()
            .max(1 + tolerance),
        })
        .refine((member) => member.regimes.length === member.hmm.means.length, 'not one regime per state'),
    )
    .min(1)
    .refine((members) => sumsToOne(members.map(({ weight }) => weight)), 'weights do not sum to 1')
    .refine(
      (members) =>
        members.every(({ hmm }, m) => m === 0 || hmm.means.length > members[m - 1]!.hmm.means.length),
      'numbers of states do not ascend',
    ),
});

const ensembleFits = (model: {
  scaler: { mean: number[] };
  ensemble?: { members: { hmm: { means: number[][] } }[] } | undefined;
}): boolean =>
  (model.ensemble?.members ?? []).every(({ hmm }) => hmm.means[0]?.length === model.scaler.mean.length);

const judged = z
  .strictObject({
    hmm,
    scaler,
    trainedRange: range,
    heldOut: z
      .strictObject({ ...openTimes, candles: z.int().positive() })
      .refine(isOrdered, 'ends before it begins'),
    ensemble: ensemble.exactOptional(),
  })
  .refine(ensembleFits, 'the scaler has another number of features than the ensemble')
  .refine(scalerFits, 'the scaler has another number of features than the model');

/** Ids of the states of one version differ, and the next one is beyond them. */
export const labels = z
  .strictObject({
    ids: z.array(z.int().min(0)),
    fresh: z.array(z.boolean()),
    renamed: z.array(z.boolean()),
    nextId: z.int().min(0),
  })
  .refine(({ ids }) => new Set(ids).size === ids.length, 'two states have one id')
  .refine(({ ids, nextId }) => ids.every((id) => id < nextId), 'the next id is in use');

const prequential = z
  .strictObject({ ...openTimes, candles: z.int().positive(), meanLogLikelihood: z.number() })
  .refine(isOrdered, 'ends before it begins');

const labelsFit = (model: {
  hmm: { means: number[][] };
  labels?: { ids: number[]; fresh: boolean[]; renamed: boolean[] } | undefined;
}): boolean => {
  const K = model.hmm.means.length;
  return (
    !model.labels || [model.labels.ids, model.labels.fresh, model.labels.renamed].every((a) => a.length === K)
  );
};

const seriesModel = z
  .strictObject({
    hmm,
    scaler,
    regimes: z.array(z.string().min(1)),
    trainedRange: range,
    labels: labels.exactOptional(),
    judged: judged.exactOptional(),
    prequential: prequential.exactOptional(),
    ensemble: ensemble.exactOptional(),
  })
  .refine(ensembleFits, 'the scaler has another number of features than the ensemble')
  .refine(labelsFit, 'not one label per state')
  .refine(scalerFits, 'the scaler has another number of features than the model')
  .refine((model) => model.regimes.length === model.hmm.means.length, 'not one regime per state');

const isSeriesKey = (key: string): boolean => {
  try {
    return seriesKey(parseSeries(key)) === key;
  } catch {
    return false;
  }
};

/** model.json as it must be: shapes, probabilities that sum to 1 within 1e-9, variances above 0, nothing unknown. */
export const modelFileSchema = z.strictObject({
  schema: z.literal('autotrain-model/1'),
  featureSet: z.literal('candles-4/1'),
  series: z
    .record(z.string().refine(isSeriesKey, 'is no series'), seriesModel)
    .refine((series) => Object.keys(series).length > 0, 'holds no model'),
}) satisfies z.ZodType<ModelFile>;
