import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Operations } from '../client/schema.ts';
import { seriesKey } from '../series.ts';
import { Sqlite } from '../sqlite.ts';
import { hasBrowser } from './browser/chromium.ts';
import { createDashboardTests } from './browser/dashboard.ts';
import type { Rig } from './support/rig.ts';
import { trainAndPass } from './support/trainers.ts';
import { until } from './support/until.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);

type Answer<Operation extends keyof Operations> = Operations[Operation]['answer'];

/** The gateway's answer, changed. */
const patch = <T>(page: Page, path: string, change: (answer: T) => T) =>
  page.route(path, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: change((await answer.json()) as T) });
  });

/** Rows like the newest version's, trained after it, as with KEEP_N_MODELS above a page: they cost no training. */
const addVersions = ({ config }: Rig, count: number): void => {
  const db = new Sqlite(config.paths.ledgerFile);
  db.pragma('foreign_keys = off');
  const columns = db
    .prepare<[], { name: string }>(`select name from pragma_table_info('versions')`)
    .all()
    .map(({ name }) => name);
  const changed: Readonly<Record<string, string>> = {
    ...{ seq: 'seq + i', version_id: `version_id || '-' || i`, claim_id: 'claim_id + i' },
    created_at: 'created_at + i',
  };
  db.exec(
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})
     insert into versions (${columns.join(', ')})
     select ${columns.map((name) => changed[name] ?? name).join(', ')}
     from n, (select * from versions order by seq desc limit 1)`,
  );
  db.close();
};

const stepMs = 60_000;

/** `count` candles from number `from` on, that one regime is sure of. */
const chartOf = (series: string, from: number, count: number, more = true): Answer<'GET /chart'> => ({
  ...{ series, timeframe_ms: stepMs, version_id: 'v', regimes: ['CHOP'], forecast: [[1]] },
  candles: Array.from({ length: count }, (_, i) => [(from + i) * stepMs, 100, 101, 99, 100, 1]),
  probabilities: Array<number[]>(count).fill([1]),
  next_before: more ? from * stepMs : null,
});

describe.runIf(hasBrowser)('what the page must not leave out', () => {
  const { startRig, startGateway, open, train } = createDashboardTests(temporal);

  it('the champion, when fifty versions were trained since: nothing that another champion judged is offered', async () => {
    const rig = await startRig({ trainer: trainAndPass });
    await rig.startTrain();
    const champion = await train(400);
    addVersions(rig, 51);
    const { url } = await startGateway();
    const { page, problems } = await open(url, 'model', {
      prepare: (one) =>
        patch<Answer<'GET /models'>>(one, '**/models?*', ({ data, page: at }) => ({
          data: data.map((row, i) => ({ ...row, awaiting_approval: i === 0 && !row.active })),
          page: at,
        })),
    });
    const rows = page.locator('.timeline li');
    const served = rows.filter({ hasText: 'champion, serves' });
    await served.getByRole('link', { name: champion, exact: true }).waitFor();
    expect(await rows.count()).toBe(51);
    await page.getByRole('heading', { name: `Report of ${champion}`, exact: true }).waitFor();
    await page.getByText('waits, but was judged against another champion').waitFor();
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Older versions' }).click();
    await until('the first page is gone', async () => (await rows.count()) === 2);
    expect(await served.count()).toBe(1);
    await page.getByRole('button', { name: 'Newer versions' }).click();
    await until('it is there again', async () => (await rows.count()) === 51);
    // Their files were never there.
    expect(problems.filter((text) => !/status of 404 .*\/transitions$/.test(text))).toEqual([]);
  });

  it('that a request is never answered, nor the answer once there is one', async () => {
    await startRig();
    const { url } = await startGateway();
    const { page } = await open(url, 'ledger', {
      prepare: async (one) => {
        // The page's own limits, shorter.
        await one.addInitScript(`{
          const timeout = AbortSignal.timeout.bind(AbortSignal);
          AbortSignal.timeout = (ms) => timeout(ms / (ms > 15_000 ? 15 : 5));
        }`);
        await one.route('**/ledger', () => {});
        await one.route('**/kill', () => {});
      },
    });
    await page.getByRole('alert').getByText('no answer within 15 s').first().waitFor();
    await page.unroute('**/ledger');
    await page.getByText('Nothing is stored yet').waitFor();
    await page.getByRole('link', { name: 'Parameters' }).click();
    await page.getByRole('button', { name: 'Kill trading' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(/Reason/).fill('a test');
    await dialog.getByRole('button', { name: 'Kill trading' }).click();
    await dialog.getByText('no answer within 60 s: it may be done all the same').waitFor();
    expect(await dialog.getByRole('button', { name: 'Cancel' }).isEnabled()).toBe(true);
  });

  it('a claim that came and went between two events, or while the connection was lost', async () => {
    const rig = await startRig();
    const first = await startGateway();
    const { page } = await open(first.url, 'ledger');
    await page.getByRole('status').getByText('live', { exact: true }).waitFor();
    await page.locator('[data-status=downloaded] .big').waitFor();
    const series = rig.config.series.map(seriesKey);
    /** Lands files, claims and gives back at once: of the claim no event tells. */
    const claimBriefly = (runId: string) => {
      rig.land(10);
      const run = { workflowId: 'retrain:regimes', runId };
      const { claimId } = rig.ledger.claim({ ...run, leaseMs: 60_000, series });
      rig.ledger.giveBack({ ...run, claimId, countAttempt: false, maxAttempts: 5 });
    };
    let claims = 0;
    page.on('response', async (answer) => {
      if (!answer.url().endsWith('/ledger/history') || !answer.ok()) return;
      const { data } = (await answer.json()) as Answer<'GET /ledger/history'>;
      claims = data.filter(({ files }) => files.processing > 0).length;
    });
    claimBriefly('run-1');
    await until('the page knows of the claim', () => claims === 1, 10_000);
    await first.stop();
    await page.getByRole('status').getByText('connection lost').waitFor();
    claimBriefly('run-2');
    await startGateway({ PORT: new URL(first.url).port });
    await until('the page knows of both', () => claims === 2);
  });

  it('that a series is behind, by the limit that /health has', async () => {
    const rig = await startRig();
    rig.land(10);
    const key = seriesKey(rig.config.series[0]!);
    const { url } = await startGateway({ ALERT_STALE_CANDLES: '20' });
    const classAt = async (lag: number) => {
      const { page } = await open(url, 'ledger', {
        prepare: (one) =>
          patch<Answer<'GET /ledger'>>(one, '**/ledger', (answer) => ({
            ...answer,
            series: answer.series.map((row) => ({ ...row, lag_candles: lag })),
          })),
      });
      const cell = page.getByRole('row', { name: key }).getByText(`${lag} candles`);
      return await cell.getAttribute('class');
    };
    expect(await classAt(20)).toBe('number warn');
    expect(await classAt(21)).toBe('number bad');
  });

  it('the candles between an older page and one that came after a sleep, while the older one was on its way', async () => {
    const rig = await startRig();
    const series = seriesKey(rig.config.series[0]!);
    const { url } = await startGateway();
    const asked: number[] = [];
    let beats = 0;
    let wake = (): void => {};
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const { page, problems } = await open(url, 'market', {
      prepare: async (one) => {
        // Each connection tells of another watermark, so that the newest page is asked for again.
        await one.route('**/events', (route) =>
          route.fulfill({
            contentType: 'text/event-stream',
            body: `event: watermarks\ndata: ${JSON.stringify({ atMs: 1, value: ++beats })}\n\n`,
          }),
        );
        await one.route('**/chart?*', async (route) => {
          const before = Number(new URL(route.request().url()).searchParams.get('before')) / stepMs;
          if (before > 0) asked.push(before);
          if (before === 1_000) await woken;
          const json =
            before > 0
              ? chartOf(series, before - 200, 200, before === 1_000)
              : chartOf(series, asked.length > 0 ? 5_000 : 1_000, 200);
          await route.fulfill({ json });
        });
      },
    });
    const last = new Date(5_199 * stepMs).toISOString().slice(0, 16).replace('T', ' ');
    await page.getByText(`filtered, at ${last}`).waitFor();
    expect(asked).toEqual([1_000]);
    wake();
    const zoomOut = page.getByRole('button', { name: 'Zoom out' });
    await until('another page is asked for', async () => {
      await zoomOut.click();
      return asked.length > 1;
    });
    expect(asked).toEqual([1_000, 5_000]);
    expect(problems).toEqual([]);
  });
});
