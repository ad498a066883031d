import { z } from '@hono/zod-openapi';
import { parseSeries, seriesKey } from '../../series.ts';
import type { RouteDeps } from '../app.ts';
import { chartPage, leadCandles } from '../chart.ts';
import type { AddEndpoint } from '../endpoint.ts';
import * as examples from '../examples/ledger.ts';
import { symbolName } from '../fields.ts';
import { demandSeries } from '../symbols.ts';

const chartQuery = z.object({
  series: symbolName.optional(),
  before: z.coerce
    .number()
    .int()
    .min(0)
    .max(8.64e15)
    .optional()
    .openapi({ description: 'epoch ms: candles that open before it; without it the newest' }),
  limit: z.coerce.number().int().min(1).max(5_000).default(1_000),
});

const numbers = z.array(z.array(z.number()));

const chartAnswer = z.object({
  series: z.string(),
  timeframe_ms: z.number().int(),
  version_id: z
    .string()
    .nullable()
    .openapi({ description: 'whose regimes these are; null: no model serves the series' }),
  candles: numbers.openapi({ description: '[open time in epoch ms, open, high, low, close, volume]' }),
  regimes: z.array(z.string()),
  probabilities: numbers.openapi({ description: 'filtered P(regime) of each candle' }),
  forecast: numbers.openapi({ description: 'P(regime) after 1, 2, … candles' }),
  next_before: z.number().int().nullable(),
});

/** Candles with their regimes, page by page into the past. */
export const addChartRoute = (add: AddEndpoint, { settings, models, newestCandles }: RouteDeps): void => {
  add(
    {
      method: 'get',
      path: '/chart',
      role: 'reader',
      rate: 'read',
      timeoutMs: 10_000,
      summary: 'Candles of a series with the regime of each, newest page first',
      query: chartQuery,
      refusals: ['UnknownSymbol', 'StorageUnavailable'],
      example: examples.chart,
      answer: chartAnswer,
    },
    ({ query: { series: asked, before, limit } }) => {
      const keys = settings.series.map(seriesKey);
      const key = demandSeries(keys, asked ?? keys[0] ?? '', settings.series);
      const columns = newestCandles(parseSeries(key), limit + leadCandles, before);
      const snapshot = models.snapshot();
      const model = snapshot?.model.series[key];
      return chartPage(key, columns, {
        ...{ model, versionId: snapshot?.versionId, limit, isNewest: before === undefined },
      });
    },
  );
};
