import { filterRows } from '../hmm/filter.ts';
import { forecast } from '../hmm/forecast.ts';
import { scaleRows } from '../hmm/scaler.ts';
import type { SeriesModel } from '../registry/model-file.ts';

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
  const { filtered } = filterRows(model.hmm, scaleRows(model.scaler, known.rows), known.sequenceStarts);
  const now = filtered.subarray(filtered.length - model.regimes.length);
  const likeliest = now.indexOf(Math.max(...now));
  const { used, marginalised, ignored } = known;
  return {
    probabilities: byLabel(model.regimes, now),
    forecast: byLabel(model.regimes, forecast(model.hmm, now, 1)),
    regime: model.regimes[likeliest]!,
    known: { used, marginalised, ignored },
  };
};

const byLabel = (labels: readonly string[], values: ArrayLike<number>): Record<string, number> =>
  Object.fromEntries(labels.map((label, k) => [label, values[k]!]));
