import { candleFeatures, warmUpCandles } from '../features/candle-features.ts';
import { filterRows } from '../hmm/filter.ts';
import { forecast } from '../hmm/forecast.ts';
import { scaleRows } from '../hmm/scaler.ts';
import { type CandleColumns, sliceColumns } from '../ledger/candle-columns.ts';
import type { SeriesModel } from '../registry/model-file.ts';
import { parseSeries, timeframesMs } from '../series.ts';

/** A page of a chart: candles and, where a model serves the series, what its filter made of each. */
export interface ChartPage {
  readonly series: string;
  readonly timeframe_ms: number;
  /** Whose regimes these are; null: no model serves the series. */
  readonly version_id: string | null;
  /** [open time in epoch ms, open, high, low, close, volume], ascending. */
  readonly candles: readonly (readonly number[])[];
  readonly regimes: readonly string[];
  /** A row for each candle: filtered P(regime | candles up to it), in the order of `regimes`. */
  readonly probabilities: readonly (readonly number[])[];
  /** P(regime) after 1, 2, … candles; of the newest page only. */
  readonly forecast: readonly (readonly number[])[];
  /** `before` of the page further back; null at the beginning. */
  readonly next_before: number | null;
}

/** Features fill their windows and the filter forgets where it began within so many candles before the page. */
export const leadCandles = warmUpCandles + 400;

const forecastCandles = 24;

/** Four digits are more than a pixel shows. */
const rounded = (values: ArrayLike<number>): number[] =>
  Array.from(values, (value) => Math.round(value * 10_000) / 10_000);

const rowsOf = ({ openTimeMs, open, high, low, close, volume }: CandleColumns): number[][] =>
  Array.from(openTimeMs, (time, i) => [time, open[i]!, high[i]!, low[i]!, close[i]!, volume[i]!]);

interface Filtered {
  readonly probabilities: number[][];
  readonly forecast: number[][];
}

/** An ensemble's bands are those of its single model, which is what has one state per name. */
const filtered = (
  model: SeriesModel,
  columns: CandleColumns,
  timeframeMs: number,
  from: number,
): Filtered => {
  const K = model.regimes.length;
  const { rows, sequenceStarts } = candleFeatures(columns, { timeframeMs });
  const all = filterRows(model.hmm, scaleRows(model.scaler, rows), sequenceStarts).filtered;
  const at = (t: number) => all.subarray(t * K, (t + 1) * K);
  const count = columns.openTimeMs.length;
  return {
    probabilities: Array.from({ length: count - from }, (_, t) => rounded(at(from + t))),
    forecast: Array.from({ length: forecastCandles }, (_, step) =>
      rounded(forecast(model.hmm, at(count - 1), step + 1)),
    ),
  };
};

interface ChartOptions {
  /** Undefined: none serves the series. */
  readonly model: SeriesModel | undefined;
  /** Of the version that serves. */
  readonly versionId: string | undefined;
  readonly limit: number;
  readonly isNewest: boolean;
}

/** `columns`: up to `limit + leadCandles` candles that end where the page does. */
export const chartPage = (
  key: string,
  columns: CandleColumns,
  { model, versionId, limit, isNewest }: ChartOptions,
): ChartPage => {
  const timeframeMs = timeframesMs[parseSeries(key).timeframe];
  const count = columns.openTimeMs.length;
  const from = Math.max(0, count - limit);
  const none: Filtered = { probabilities: [], forecast: [] };
  const { probabilities, forecast: ahead } =
    model && count > 0 ? filtered(model, columns, timeframeMs, from) : none;
  return {
    series: key,
    timeframe_ms: timeframeMs,
    version_id: (model && versionId) ?? null,
    candles: rowsOf(sliceColumns(columns, from)),
    regimes: model?.regimes ?? [],
    probabilities,
    forecast: isNewest ? ahead : [],
    next_before: from > 0 ? columns.openTimeMs[from]! : null,
  };
};
