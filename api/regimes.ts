import { filterRows } from '../hmm/filter.ts';
import { forecast } from '../hmm/forecast.ts';
import { scaleRows } from '../hmm/scaler.ts';
import type { SeriesModel } from '../registry/model-file.ts';
import { evaluateEnsemble } from './ensemble.ts';

/** Feature rows in natural units and what is known in them. */
export interface KnownFeatures {
  /** [T·D], row-major; NaN = cannot be computed. */
  readonly rows: Float64Array;
  readonly sequenceStarts: readonly number[];
  readonly used: readonly string[];
  readonly marginalised: readonly string[];
  /** Names that were given and that the model does not know. */
  readonly ignored: readonly string[];
}

export interface Evaluation {
  /** Filtered P(regime now), by label. */
  readonly probabilities: Readonly<Record<string, number>>;
  /** P(regime of the next candle), by label. */
  readonly forecast: Readonly<Record<string, number>>;
  readonly regime: string;
  readonly known: Pick<KnownFeatures, 'used' | 'marginalised' | 'ignored'>;
}

/** The regime after the last row. Only what the rows say is used; NaN is integrated out. */
export const evaluate = (model: SeriesModel, known: KnownFeatures): Evaluation => {
  const { probabilities, forecast } = model.ensemble
    ? evaluateEnsemble(model.ensemble, {
        rows: scaleRows(model.scaler, known.rows),
        nFeatures: model.scaler.mean.length,
        sequenceStarts: known.sequenceStarts,
      })
    : evaluateModel(model, known);
  const [likeliest] = Object.entries(probabilities).sort(([, a], [, b]) => b - a);
  const { used, marginalised, ignored } = known;
  return { probabilities, forecast, regime: likeliest![0], known: { used, marginalised, ignored } };
};

const evaluateModel = (
  { hmm, scaler, regimes }: SeriesModel,
  { rows, sequenceStarts }: KnownFeatures,
): Pick<Evaluation, 'probabilities' | 'forecast'> => {
  const { filtered } = filterRows(hmm, scaleRows(scaler, rows), sequenceStarts);
  const now = filtered.subarray(filtered.length - regimes.length);
  return { probabilities: byLabel(regimes, now), forecast: byLabel(regimes, forecast(hmm, now, 1)) };
};

const byLabel = (labels: readonly string[], values: ArrayLike<number>): Record<string, number> =>
  Object.fromEntries(labels.map((label, k) => [label, values[k]!]));
