import type { Locator, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Operations } from '../client/schema.ts';
import { seriesKey, timeframesMs } from '../series.ts';
import { retrainId } from '../workflows/ids.ts';
import { hasBrowser } from './browser/chromium.ts';
import { createDashboardTests, trade } from './browser/dashboard.ts';
import { drawingOf } from './browser/drawing.ts';
import type { Rig } from './support/rig.ts';
import { trainHere } from './support/trainers.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);

type Answer<Operation extends keyof Operations> = Operations[Operation]['answer'];

const ask = async <Operation extends keyof Operations>(url: string, path: string) =>
  (await (await fetch(`${url}${path}`)).json()) as Answer<Operation>;

/** The table with this text in its head or caption. */
const tableWith = (page: Page, text: string): Locator => page.locator('table', { hasText: text }).first();

const cells = async (row: Locator): Promise<string[]> => {
  await row.waitFor();
  const texts = await row.locator('th, td').allTextContents();
  return texts.map((text) => text.replace(/\s+/g, ' ').trim());
};

/** Half its candles a bull market and half a bear market, which is foreseen to go on; the states in another order than they are shown. */
const chartOf = (series: string, stepMs: number, half: number): Answer<'GET /chart'> => {
  const bull = [0.05, 0.15, 0.8];
  const bear = [0.1, 0.7, 0.2];
  return {
    ...{ series, timeframe_ms: stepMs, version_id: 'v', regimes: ['CHOP', 'BEAR', 'BULL'] },
    candles: Array.from({ length: 2 * half }, (_, i) => [i * stepMs, 100, 101, 99, 100, 1]),
    probabilities: [...Array<number[]>(half).fill(bull), ...Array<number[]>(half).fill(bear)],
    forecast: Array<number[]>(20).fill(bear),
    next_before: null,
  };
};

const minute = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');

describe.runIf(hasBrowser)('what stands in the cells', () => {
  const { startGateway, open, fill } = createDashboardTests(temporal, { oneLoop: true });
  let rig: Rig;
  let first: string;
  let url: string;
  beforeAll(async () => {
    ({ rig, first } = await fill(trainHere));
    ({ url } = await startGateway());
  });

  it('of Model: every check of the gate, and how long a stay in each regime lasts', async () => {
    const { gate } = await ask<'GET /models/{version}'>(url, `/models/${first}`);
    const { series } = await ask<'GET /models/{version}/transitions'>(url, `/models/${first}/transitions`);
    const { page, problems } = await open(url, 'model');
    const [checks] = Object.values(gate).map((one) => one.checks);
    const fixed = (value: number | null) => value?.toFixed(5) ?? '–';
    const rows = tableWith(page, 'Check').locator('tbody tr');
    await rows.first().waitFor();
    expect(checks!.length).toBeGreaterThan(2);
    const shown = await Promise.all(checks!.map((_, i) => cells(rows.nth(i))));
    expect(shown).toEqual(
      checks!.map(({ name, pass, value, limit }) => [
        ...[name, fixed(value), fixed(limit), pass ? 'pass' : 'fail'],
      ]),
    );
    const stays = page.locator('table.heat tbody td.number');
    await stays.first().waitFor();
    expect(await stays.allTextContents()).toEqual(
      Object.values(series)[0]!.expected_candles.map((candles) => candles?.toFixed(1) ?? '–'),
    );
    expect(problems).toEqual([]);
  });

  it('of Ledger: watermark, candles and gaps of each series, quarantine, disks', async () => {
    const key = seriesKey(rig.config.series[0]!);
    rig.land(10);
    const { fileId } = rig.ledger.files({ status: 'downloaded', limit: 1 })[0]!;
    rig.ledger.quarantine({ fileId, reason: 'the test says so' });
    const { series, quarantined, disks } = await ask<'GET /ledger'>(url, '/ledger');
    const { page, problems } = await open(url, 'ledger');
    const mine = series.find((one) => one.series === key)!;
    const row = await cells(tableWith(page, 'Watermark').getByRole('row', { name: key }));
    expect([row[0], row[1], row[2]]).toEqual([key, mine.bars.toLocaleString('en'), minute(mine.watermark)]);
    expect([row[5], row[6]]).toEqual([String(mine.gap_count), mine.missing.toLocaleString('en')]);
    await page.getByText(`${quarantined[0]!.path} – the test says so`).waitFor();
    for (const { root } of disks) await page.getByLabel(`used of ${root}`).waitFor();
    expect(problems).toEqual([]);
  });

  it('of Parameters: share and reward of each preset, propensity and outcome of each decision', async () => {
    await trade(url);
    const where = 'momentum_breakout/BTCUSDT';
    const { data } = await ask<'GET /overview/{strategy}/{instrument}'>(url, `/overview/${where}`);
    const decisions = await ask<'GET /decisions'>(url, '/decisions?limit=25');
    const { page, problems } = await open(url, 'parameters');
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
    for (const one of data!.presets) {
      const row = await cells(tableWith(page, 'Cumulative reward').getByRole('row', { name: one.preset_id }));
      expect(row.slice(1, 7)).toEqual([
        ...[one.mean.toFixed(3), `${one.low.toFixed(3)} … ${one.high.toFixed(3)}`, ''],
        ...[percent(one.share), String(one.outcomes), one.reward.toFixed(2)],
      ]);
    }
    const [decision] = decisions.data;
    const row = await cells(tableWith(page, 'Propensity').locator('tbody tr').first());
    expect(row.slice(2)).toEqual([
      ...[decision!.reason, percent(decision!.propensity!), 'rewarded', '12.00', decision!.decision_id],
    ]);
    expect(problems).toEqual([]);
  });

  it('of Runs: how a run ended, after how many attempts, and its page in Temporal', async () => {
    const { data } = await ask<'GET /workflows'>(url, '/workflows');
    const run = data.find(({ id }) => id === retrainId)!;
    const { page, problems } = await open(url, 'runs');
    const link = page.getByRole('link', { name: retrainId }).first();
    await link.waitFor();
    expect(run.url).toContain(run.runId);
    expect(await link.getAttribute('href')).toBe(run.url);
    const row = await cells(tableWith(page, 'Attempts').getByRole('row', { name: retrainId }).first());
    expect([row[1], row[4]]).toEqual(['completed', String(run.attempts)]);
    expect(problems).toEqual([]);
  });

  it('of the chart: behind each candle its regime, below it what the filter said, dashed what is foreseen', async () => {
    const [series] = rig.config.series;
    const half = 100;
    const drawn = chartOf(seriesKey(series!), timeframesMs[series!.timeframe], half);
    const { page, problems } = await open(url, 'market', {
      prepare: (opened) => opened.route('**/chart?*', (route) => route.fulfill({ json: drawn })),
    });
    await page.getByText('P(regime), filtered').waitFor();
    const band = async (regime: string) => {
      const { height, columns } = await drawingOf(page, 0, regime, [0.1, 0.25]);
      const xs = columns.filter(({ count }) => count > height / 2).map(({ x }) => x);
      return { from: xs.at(0) ?? NaN, to: xs.at(-1) ?? NaN, share: xs.length };
    };
    const [bull, bear] = [await band('BULL'), await band('BEAR')];
    const candle = (bear.to - bull.from) / (2 * half);
    expect(candle).toBeGreaterThan(2);
    expect(Math.abs(bear.from - bull.from - half * candle)).toBeLessThan(2 * candle);
    expect(bear.from).toBeGreaterThan(bull.to);
    // A line of the grid may be of its colour.
    expect((await band('CHOP')).share).toBeLessThan(candle);

    const { height, columns } = await drawingOf(page, 1, 'BEAR', [0.4, 1.1]);
    /** Of the columns in between: the share that the line is in, and how far at most it is from this, percent. */
    const line = (from: number, to: number, percent: number) => {
      const within = columns.filter(({ x }) => x >= from && x < to);
      const off = within.map(({ y }) => Math.abs((100 * (0.94 - y / height)) / 0.88 - percent));
      return { share: within.length / (to - from), off: Math.max(...off) };
    };
    const past = [
      line(bull.from + candle, bull.to - candle, 15),
      line(bear.from + candle, bear.to - candle, 70),
    ];
    for (const { share, off } of past) {
      expect(share).toBeGreaterThan(0.95);
      expect(off).toBeLessThan(1.5);
    }
    const ahead = line(bear.to + candle, bear.to + 19 * candle, 70);
    expect(ahead.share).toBeGreaterThan(0.3);
    expect(ahead.share).toBeLessThan(0.8);
    expect(ahead.off).toBeLessThan(1.5);
    expect(columns.at(-1)!.x).toBeLessThan(bear.to + 22 * candle);
    expect(problems).toEqual([]);
  });

  it('of the document at /docs: its operations, without an error', async () => {
    const { page, problems } = await open(url, 'market');
    await page.goto(`${url}/docs`);
    await page.getByText('/learn/outcome/').first().waitFor();
    expect(problems).toEqual([]);
  });
});
