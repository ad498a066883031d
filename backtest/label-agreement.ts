import { type CandleColumns, candleFeatures, completeRows } from '../features/candle-features.ts';
import { filterRows } from '../hmm/filter.ts';
import { adjustedRandIndex } from '../hmm/labels/rand-index.ts';
import { firstLabels } from '../hmm/labels/state-labels.ts';
import type { Observations } from '../hmm/observations.ts';
import { scaleRows } from '../hmm/scaler.ts';
import { sliceColumns } from '../ledger/candle-columns.ts';
import type { SeriesModel } from '../registry/model-file.ts';

export interface LabelAgreementOptions {
  readonly timeframeMs: number;
  /** Candles that a training looks at, and by which the window moves on from one to the next. */
  readonly window: number;
  readonly step: number;
  /** Each retrain replaces the champion of the one before; `retrain` counts from 0 (a seed of its own). */
  readonly train: (columns: CandleColumns, retrain: number, champion: SeriesModel | undefined) => SeriesModel;
}

/** Two successive models on the candles that both were trained on; each candle has the state that its filter gives. */
export interface RetrainAgreement {
  /** Adjusted Rand index of the states, whatever they are called. */
  readonly ari: number;
  /** Share of the candles with the same label id, and with the same name. */
  readonly sameId: number;
  readonly sameName: number;
  /** States with a new id; states that stayed under a new name. */
  readonly fresh: number;
  readonly renamed: number;
}

export interface LabelAgreement {
  readonly retrains: readonly RetrainAgreement[];
  readonly median: Pick<RetrainAgreement, 'ari' | 'sameId' | 'sameName'>;
  readonly min: Pick<RetrainAgreement, 'ari' | 'sameId' | 'sameName'>;
  /** How many of the retrains brought a new id, and how many a new name for a state that stayed. */
  readonly withFresh: number;
  readonly withRenamed: number;
}

/** How far labels stay over successive retrains. Throws `RangeError` when the candles hold no two windows. */
export const labelAgreement = (columns: CandleColumns, options: LabelAgreementOptions): LabelAgreement => {
  const { window, step, train } = options;
  const count = Math.floor((columns.openTimeMs.length - window) / step) + 1;
  if (!(count > 1)) throw new RangeError(`${columns.openTimeMs.length} candles hold no two windows`);
  const retrains: RetrainAgreement[] = [];
  let champion: SeriesModel | undefined;
  for (let retrain = 0; retrain < count; retrain++) {
    const part = sliceColumns(columns, retrain * step, retrain * step + window);
    const model = train(part, retrain, champion);
    if (champion) retrains.push(agreement(champion, model, commonRows(part, champion, options)));
    champion = model;
  }
  return summarise(retrains);
};

/** Complete rows in natural units up to the end of the champion's training. */
const commonRows = (
  columns: CandleColumns,
  champion: SeriesModel,
  options: LabelAgreementOptions,
): Observations => {
  const { rows, openTimeMs, sequenceStarts, names } = completeRows(candleFeatures(columns, options));
  const count = openTimeMs.filter((time) => time <= champion.trainedRange.toMs).length;
  return {
    rows: rows.subarray(0, count * names.length),
    nFeatures: names.length,
    sequenceStarts: sequenceStarts.filter((start) => start < count),
  };
};

const agreement = (before: SeriesModel, after: SeriesModel, window: Observations): RetrainAgreement => {
  const [a, b] = [statesOf(before, window), statesOf(after, window)];
  const labels = labelsOf(after);
  const ids = [labelsOf(before).ids, labels.ids] as const;
  return {
    ari: adjustedRandIndex(a, b),
    sameId: share(a, (state, t) => ids[0][state] === ids[1][b[t]!]),
    sameName: share(a, (state, t) => before.regimes[state] === after.regimes[b[t]!]),
    fresh: labels.fresh.filter(Boolean).length,
    renamed: labels.renamed.filter(Boolean).length,
  };
};

const labelsOf = ({ labels, regimes }: SeriesModel) => labels ?? firstLabels(regimes.length);

/** The likeliest state of each row given the rows up to it. [T] */
const statesOf = (
  { hmm, scaler, regimes }: SeriesModel,
  { rows, sequenceStarts }: Observations,
): Int32Array => {
  const K = regimes.length;
  const { filtered } = filterRows(hmm, scaleRows(scaler, rows), sequenceStarts);
  return Int32Array.from({ length: filtered.length / K }, (_, t) => {
    const now = filtered.subarray(t * K, (t + 1) * K);
    return now.indexOf(Math.max(...now));
  });
};

const share = (states: Int32Array, isSame: (state: number, t: number) => boolean): number =>
  states.filter(isSame).length / states.length;

const summarise = (retrains: readonly RetrainAgreement[]): LabelAgreement => {
  const of = (pick: (sorted: number[]) => number) => {
    const measure = (key: 'ari' | 'sameId' | 'sameName') =>
      pick(retrains.map((one) => one[key]).sort((a, b) => a - b));
    return { ari: measure('ari'), sameId: measure('sameId'), sameName: measure('sameName') };
  };
  return {
    retrains,
    median: of(median),
    min: of((sorted) => sorted[0]!),
    withFresh: retrains.filter(({ fresh }) => fresh > 0).length,
    withRenamed: retrains.filter(({ renamed }) => renamed > 0).length,
  };
};

const median = (sorted: readonly number[]): number =>
  0.5 * (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!);
