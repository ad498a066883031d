import { expect, test } from 'vitest';
import { nextRows } from './ccxt-pages.ts';

const hour = 3_600_000;
const row = (openTimeMs: number) => [openTimeMs, '1', '1', '1', '1', '0'];

/** An exchange that answers only for the window of `limit` candles after `since`, at most `cut` of them. */
const windowed = (openTimes: readonly number[], limit: number, cut = limit) => {
  const asked: number[] = [];
  const ask = async (sinceMs: number) => {
    asked.push(sinceMs);
    return openTimes
      .filter((t) => t >= sinceMs && t < sinceMs + limit * hour)
      .slice(0, cut)
      .map(row);
  };
  return { ask, asked };
};

const search = { sinceMs: 0, limit: 10, timeframeMs: hour };

test('an outage longer than a page does not look like the end of the history', async () => {
  const exchange = windowed([55 * hour, 56 * hour], 10);
  const page = await nextRows({ ...search, ask: exchange.ask, endMs: 100 * hour, fillsPages: false });
  expect(page).toEqual({ rows: [row(55 * hour), row(56 * hour)], caughtUp: false });
  expect(exchange.asked).toEqual([0, 10, 20, 30, 40, 50].map((n) => n * hour));
});

test('an exchange that cuts its pages shorter is asked for the rest', async () => {
  const exchange = windowed(
    [0, 1, 2, 3, 4, 5].map((n) => n * hour),
    10,
    4,
  );
  const page = await nextRows({ ...search, ask: exchange.ask, endMs: 6 * hour, fillsPages: false });
  expect(page.rows).toHaveLength(4);
  expect(page.caughtUp).toBe(false);
});

test('the newest closed candle ends the search, and so does a delisted market', async () => {
  const live = windowed([0, hour, 2 * hour], 10);
  const delisted = windowed([], 10);
  expect(await nextRows({ ...search, ask: live.ask, endMs: 3 * hour, fillsPages: false })).toMatchObject({
    caughtUp: true,
  });
  expect(await nextRows({ ...search, ask: delisted.ask, endMs: 35 * hour, fillsPages: false })).toEqual({
    rows: [],
    caughtUp: true,
  });
  expect(delisted.asked).toHaveLength(4);
});

test('where pages are filled across gaps, a short page is the end and one request finds out', async () => {
  const exchange = windowed([0, 5 * hour], 10);
  const page = await nextRows({ ...search, ask: exchange.ask, endMs: 100 * hour, fillsPages: true });
  expect(page.caughtUp).toBe(true);
  expect(exchange.asked).toEqual([0]);
});
