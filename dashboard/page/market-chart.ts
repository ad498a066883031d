import {
  CandlestickSeries,
  ColorType,
  createChart,
  createSeriesMarkers,
  HistogramSeries,
  type IChartApi,
  LineSeries,
  LineStyle,
  type UTCTimestamp,
} from 'lightweight-charts';
import type { ChartPage } from './answers.ts';
import { filteredRows, openTime } from './chart-pages.ts';
import { regimeColour, themeColours } from './colours.ts';
import { inOrder } from './regime-order.ts';

export interface Mark {
  readonly atMs: number;
  readonly text: string;
  readonly kind: 'gap' | 'correction';
}

const seconds = (ms: number): UTCTimestamp => (ms / 1000) as UTCTimestamp;

type Candle = ChartPage['candles'][number];

const likeliest = (probabilities: readonly number[]): number =>
  probabilities.reduce((best, p, k) => (p > probabilities[best]! ? k : best), 0);

/** Epoch ms, open, high, low, close, volume. */
const bar = ([at = 0, open = 0, high = 0, low = 0, close = 0]: Candle) => ({
  ...{ time: seconds(at), open, high, low, close },
});

export interface MarketChart {
  /** Oldest page first. */
  show(pages: readonly ChartPage[], marks: readonly Mark[]): void;
  /** Negative goes back in time. */
  move(candles: number): void;
  /** Shows so many times the candles, with the newest shown in its place. */
  zoom(factor: number): void;
  remove(): void;
}

const options = () => {
  const { text, line, panel } = themeColours();
  return {
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid, color: panel },
      textColor: text,
      panes: { separatorColor: line },
    },
    grid: { vertLines: { color: line }, horzLines: { color: line } },
    timeScale: { timeVisible: true, borderColor: line },
    rightPriceScale: { borderColor: line },
  };
};

/** Each bar as tall as the pane: a background in the colour of the candle's regime. */
const addBands = (chart: IChartApi) => {
  const bands = chart.addSeries(HistogramSeries, {
    priceScaleId: 'bands',
    priceLineVisible: false,
    lastValueVisible: false,
  });
  bands.priceScale().applyOptions({ scaleMargins: { top: 0, bottom: 0 }, visible: false });
  return bands;
};

const addCandles = (chart: IChartApi) => {
  const { good, bad } = themeColours();
  return chart.addSeries(CandlestickSeries, {
    upColor: good,
    downColor: bad,
    wickUpColor: good,
    wickDownColor: bad,
    borderVisible: false,
  });
};

const asProbability = (name: string) => ({
  color: regimeColour(name),
  priceLineVisible: false,
  priceFormat: { type: 'percent' as const },
  autoscaleInfoProvider: () => ({ priceRange: { minValue: 0, maxValue: 100 } }),
});

const addProbability = (chart: IChartApi, name: string) =>
  chart.addSeries(LineSeries, { ...asProbability(name), lineWidth: 2 }, 1);

const addForecast = (chart: IChartApi, name: string) =>
  chart.addSeries(
    LineSeries,
    {
      ...asProbability(name),
      lineWidth: 1,
      lineStyle: LineStyle.Dashed,
      lastValueVisible: false,
    },
    1,
  );

const markerOf = ({ atMs, text, kind }: Mark) => ({
  time: seconds(atMs),
  position: kind === 'gap' ? ('belowBar' as const) : ('aboveBar' as const),
  shape: kind === 'gap' ? ('square' as const) : ('circle' as const),
  color: themeColours().accent,
  text,
});

/** Candles over bands of their regimes, filtered probabilities below, the forecast dashed beyond the last candle. */
export const createMarketChart = (place: HTMLElement, onNearStart: () => void): MarketChart => {
  const chart = createChart(place, options());
  const bands = addBands(chart);
  const candleSeries = addCandles(chart);
  const markers = createSeriesMarkers(candleSeries, []);
  let lines: { remove(): void }[] = [];
  let shownOnce = false;
  chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
    if (shownOnce && range && range.from < 30) onNearStart();
  });

  const showProbabilities = (pages: readonly ChartPage[]): void => {
    const newest = pages.at(-1)!;
    const filtered = filteredRows(pages);
    for (const line of lines) line.remove();
    const lastMs = openTime(newest.candles.at(-1) ?? []);
    lines = inOrder(newest.regimes).flatMap(({ name, state: k }) => {
      const past = addProbability(chart, name);
      past.setData(filtered.map(({ atMs, row }) => ({ time: seconds(atMs), value: 100 * (row[k] ?? 0) })));
      const ahead = addForecast(chart, name);
      ahead.setData(
        newest.forecast.map((row, step) => ({
          time: seconds(lastMs + (step + 1) * newest.timeframe_ms),
          value: 100 * row[k]!,
        })),
      );
      return [past, ahead].map((series) => ({ remove: () => chart.removeSeries(series) }));
    });
    // By default the scale leaves room above and below, and would name 120 %.
    chart.priceScale('right', 1).applyOptions({ scaleMargins: { top: 0.06, bottom: 0.06 } });
    // A third for the probabilities.
    chart.panes()[0]?.setStretchFactor(2);
    chart.panes()[1]?.setStretchFactor(1);
  };

  return {
    show(pages, marks) {
      const candles = pages.flatMap((page) => page.candles);
      const newest = pages.at(-1);
      if (!newest) return;
      const names = newest.regimes;
      candleSeries.setData(candles.map(bar));
      bands.setData(
        filteredRows(pages).map(({ atMs, row }) => ({
          time: seconds(atMs),
          value: 1,
          color: regimeColour(names[likeliest(row)] ?? '', 0.18),
        })),
      );
      const firstMs = openTime(candles[0] ?? []);
      markers.setMarkers(marks.filter(({ atMs }) => atMs >= firstMs).map(markerOf));
      showProbabilities(pages);
      if (!shownOnce)
        chart
          .timeScale()
          .setVisibleLogicalRange({ from: Math.max(0, candles.length - 200), to: candles.length + 26 });
      shownOnce = true;
    },
    move(candles) {
      const range = chart.timeScale().getVisibleLogicalRange();
      if (!range) return;
      chart.timeScale().setVisibleLogicalRange({ from: range.from + candles, to: range.to + candles });
    },
    zoom(factor) {
      const range = chart.timeScale().getVisibleLogicalRange();
      if (!range) return;
      chart
        .timeScale()
        .setVisibleLogicalRange({ ...range, from: range.to - factor * (range.to - range.from) });
    },
    remove: () => chart.remove(),
  };
};
