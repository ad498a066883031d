import { type CandleColumns, candleFeatures, completeRows } from '../features/candle-features.ts';
import { fromParameters } from '../hmm/model.ts';
import { sliceColumns } from '../ledger/candle-columns.ts';
import type { GateResult } from '../registry/gate.ts';
import type { SeriesModel } from '../registry/model-file.ts';
import { type BootstrapInterval, bootstrapMean } from './bootstrap.ts';
import { predictRows } from './margin.ts';
import { rowsBetween } from './rolling.ts';

export interface PromotionOptions {
  readonly timeframeMs: number;
  /** Candles that a training looks at, and candles until the next one. */
  readonly window: number;
  readonly step: number;
  readonly seed: number;
  /** Nats per candle that a promoted model may be surely worse than its predecessor: ROLLBACK_MAX_DROP. */
  readonly maxDrop: number;
  /** `look`: which comparison with this champion it is, from 1. */
  readonly train: (columns: CandleColumns, champion: SeriesModel | undefined, look: number) => Trained;
}

interface Trained {
  readonly model: SeriesModel;
  readonly gate: GateResult;
}

/** What the promoted model gained over its predecessor on candles after both, until the next retrain. */
export interface Promotion {
  readonly atMs: number;
  readonly candles: number;
  readonly gain: BootstrapInterval;
  /** False: surely worse by more than `maxDrop`, so that it would be rolled back. */
  readonly held: boolean;
}

export interface PromotionReport {
  readonly retrains: number;
  /** Without the first model, which has no predecessor. */
  readonly promotions: readonly Promotion[];
  readonly held: number;
  /** Mean gain of the promoted over their predecessors, nats/candle; null: none was promoted. */
  readonly meanGain: number | null;
}

/**
 * Retrains as time goes on, each under the promotion gate, and what became of the promoted: scored against the model
 * that they replaced, on candles that neither had seen.
 */
export const promotionReport = (columns: CandleColumns, options: PromotionOptions): PromotionReport => {
  const { window, step, train } = options;
  const n = columns.openTimeMs.length;
  const promotions: Promotion[] = [];
  let champion: SeriesModel | undefined;
  let [retrains, look] = [0, 1];
  for (let to = window; to <= n - 2; to += step) {
    const { model, gate } = train(sliceColumns(columns, to - window, to), champion, look);
    retrains++;
    if (gate.decision !== 'pass') look++;
    else {
      const after = sliceColumns(columns, to - window, Math.min(n, to + step));
      if (champion) promotions.push(afterwards(model, champion, after, options));
      [champion, look] = [model, 1];
    }
  }
  const gains = promotions.map(({ gain }) => gain.mean);
  return {
    ...{ retrains, promotions, held: promotions.filter(({ held }) => held).length },
    meanGain: gains.length > 0 ? gains.reduce((a, b) => a + b, 0) / gains.length : null,
  };
};

/** The filters of both run over the whole window; only what comes after it counts. */
const afterwards = (
  promoted: SeriesModel,
  before: SeriesModel,
  columns: CandleColumns,
  { timeframeMs, window, seed, maxDrop }: PromotionOptions,
): Promotion => {
  const features = completeRows(candleFeatures(columns, { timeframeMs }));
  const raw = rowsBetween(features, 0, features.openTimeMs.length);
  const atMs = columns.openTimeMs[window]!;
  const [own, theirs] = [promoted, before].map(
    ({ hmm, scaler }) => predictRows(fromParameters(hmm), scaler, raw).joint,
  );
  const gains = own!.map((value, t) => value - theirs![t]!).filter((_, t) => features.openTimeMs[t]! >= atMs);
  const gain = bootstrapMean(gains, { seed, resamples: 500 });
  return { atMs, candles: gains.length, gain, held: gain.upper >= -maxDrop };
};
