import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Series, seriesKey, timeframesMs } from '../series.ts';
import { Sqlite } from '../sqlite.ts';
import { retrainId } from '../workflows/ids.ts';
import { hasBrowser, launchBrowser, openPage, overflowOf, type WatchedPage } from './browser/chromium.ts';
import { type GatewayProcess, startGatewayProcess } from './processes/gateway-process.ts';
import { openRig, type Rig } from './support/rig.ts';
import { trainAndPass } from './support/trainers.ts';
import { until } from './support/until.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

const views = ['market', 'model', 'ledger', 'parameters', 'runs'] as const;
type View = (typeof views)[number];

const keys = { admin: 'admin-key-1', reader: 'reader-key-1' };
const auth = { REQUIRE_AUTH: 'true', GATEWAY_API_KEYS: `admin:${keys.admin},reader:${keys.reader}` };

describe.runIf(hasBrowser)('the dashboard in Chromium', () => {
  let browser: Browser;
  let rig: Rig;
  let gateways: GatewayProcess[] = [];
  let pages: Page[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    await Promise.all(pages.map((page) => page.close()));
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    [pages, gateways] = [[], []];
    await rig.close();
  });

  const startGateway = async (env: Record<string, string> = {}): Promise<GatewayProcess> => {
    const gateway = await startGatewayProcess({
      ...rig.env,
      TEMPORAL_UI_URL: 'http://127.0.0.1:9',
      ...env,
    });
    gateways.push(gateway);
    return gateway;
  };

  const open = async (
    url: string,
    view: View,
    options: { width?: number; dark?: boolean } = {},
  ): Promise<WatchedPage> => {
    const watched = await openPage(browser, options);
    pages.push(watched.page);
    await watched.page.goto(`${url}/#${view}`);
    return watched;
  };

  const post = async (url: string, path: string, body: object): Promise<void> => {
    const answer = await fetch(`${url}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(200);
  };

  /** Two versions, the first of which serves, and an engine that asked and learned. */
  const fill = async (): Promise<{ first: string; second: string }> => {
    rig = await openRig(temporal, { trainer: trainAndPass });
    await rig.startTrain();
    rig.land(400);
    const first = await rig.training.train({ wait: true });
    rig.land(1_200);
    const second = await rig.training.train({ wait: true, promote: false });
    if (!('version_id' in first && 'version_id' in second)) throw new Error('nothing was trained');
    return { first: first.version_id, second: second.version_id };
  };

  const trade = async (url: string): Promise<void> => {
    const answer = await fetch(`${url}/param/momentum_breakout/BTCUSDT?features[vol]=0.01`);
    const { decision_id, preset_id } = (await answer.json()) as Record<string, string>;
    await post(url, `/learn/outcome/momentum_breakout/BTCUSDT/${preset_id}`, {
      reward: 12,
      decision_id,
      outcome_id: 'o1',
    });
  };

  /** What each view shows when there is something. */
  const proof: Readonly<Record<View, string | RegExp>> = {
    market: /P\(regime\), filtered/,
    model: 'this model gains (95 %)',
    ledger: 'wait for a retrain',
    parameters: /posterior mean reward/,
    runs: retrainId,
  };

  const seriousIn = async (page: Page): Promise<string[]> => {
    // By the debugger: the page's own policy forbids scripts from elsewhere, as it should.
    await page.evaluate(readFileSync(axe, 'utf8'));
    const { violations } = await page.evaluate<{
      violations: { id: string; impact: string; nodes: { html: string }[] }[];
    }>('axe.run()');
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  };

  it('shows every view, wide and at 390 px, without an error, overflow or serious barrier', async () => {
    await fill();
    const { url } = await startGateway();
    await trade(url);
    for (const [width, dark] of [
      [1280, false],
      [390, true],
    ] as const) {
      for (const view of views) {
        const { page, problems } = await open(url, view, { width, dark });
        await page.getByText(proof[view]).first().waitFor();
        expect(await overflowOf(page), `${view} at ${width}`).toBeLessThanOrEqual(0);
        expect(await seriousIn(page), `${view} at ${width}`).toEqual([]);
        expect(problems, `${view} at ${width}`).toEqual([]);
      }
    }
  });

  it('zooms back through the candles, page by page as they are looked at', async () => {
    await fill();
    const { url } = await startGateway();
    const { page, problems } = await open(url, 'market');
    const older = page.waitForResponse((answer) => /\/chart\?.*before=\d+/.test(answer.url()));
    await page.getByText(proof.market).waitFor();
    for (let turn = 0; turn < 3; turn += 1) await page.getByRole('button', { name: 'Zoom out' }).click();
    const { candles, next_before: next } = (await (await older).json()) as {
      candles: unknown[];
      next_before: number | null;
    };
    expect([candles.length, next]).toEqual([600, null]);
    expect(problems).toEqual([]);
  });

  it('marks gaps and corrections, and lists the marks of the chosen series in words', async () => {
    rig = await openRig(temporal);
    const [series, other] = rig.config.series as [Series, Series];
    rig.land(400);
    const gapMs = rig.ledger.watermark(series)!;
    const stepMs = timeframesMs[series.timeframe];
    rig.ledger.advanceWatermark(series, gapMs, gapMs + 3 * stepMs);
    rig.land(50);
    const db = new Sqlite(rig.config.paths.ledgerFile);
    const correct = db.prepare('insert into corrections values (?, ?, ?, ?, null)');
    correct.run('f1', seriesKey(series), gapMs - 9 * stepMs, 'rewritten');
    correct.run('f2', seriesKey(other), gapMs - 5 * stepMs, 'removed');
    db.close();
    const { url } = await startGateway();
    const { page, problems } = await open(url, 'market');
    await page.getByText('2 marked').click();
    const words = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
    const marks = page.locator('details li');
    expect(await marks.allTextContents()).toEqual([
      expect.stringMatching(
        new RegExp(`^Gap before .*${words(gapMs + 3 * stepMs)}.* UTC: 3 missing \\(open\\)$`),
      ),
      expect.stringMatching(new RegExp(`^Correction at .*${words(gapMs - 9 * stepMs)}.* UTC: rewritten$`)),
    ]);
    expect(await seriousIn(page)).toEqual([]);
    expect(problems).toEqual([]);
  });

  it('is worked by the keyboard alone: what waits is approved, the training loop killed and resumed', async () => {
    rig = await openRig(temporal, { trainer: trainAndPass, settings: { AUTO_PROMOTE: 'false' } });
    await rig.startTrain();
    rig.land(400);
    const first = await rig.training.train({ wait: true });
    if (!('version_id' in first)) throw new Error('nothing was trained');
    const { url } = await startGateway();
    const { page, problems } = await open(url, 'market');
    /** Tab until what has the focus is called so, then Enter. */
    const press = async (name: string): Promise<void> => {
      await page.getByText(name, { exact: true }).first().waitFor();
      await until(`${name} has the focus`, async () => {
        await page.keyboard.press('Tab');
        return (await page.evaluate('document.activeElement?.textContent')) === name;
      });
      await page.keyboard.press('Enter');
    };
    const answer = async (action: string): Promise<void> => {
      await page.getByLabel(/Reason/).focus();
      await page.keyboard.type('by hand');
      await press(action);
    };
    await press('Model');
    await press('Approve');
    await page.getByRole('dialog').waitFor();
    await press('Approve');
    await page.getByRole('status').getByText(first.version_id).waitFor();
    await press('Kill training');
    await answer('Kill training');
    await page.getByText('Training loop: KILLED').waitFor();
    expect(rig.ledger.trainingKill()).toMatchObject({ reason: 'by hand' });
    await press('Resume training');
    await answer('Resume training');
    await page.getByText('Training loop: ACTIVE').waitFor();
    await press('Retrain');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
  });

  it('promotes, rolls back and kills under a key that may, and shows the refusal of one that may not', async () => {
    const { second } = await fill();
    const { url } = await startGateway(auth);
    const { page } = await open(url, 'model');
    const useKey = async (key: string): Promise<void> => {
      await page.getByLabel('API key or token').fill(key);
      await page.getByRole('button', { name: 'Use it' }).click();
    };
    const promote = async (): Promise<void> => {
      await page.locator('li', { hasText: second }).getByRole('button', { name: 'Promote' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Promote' }).click();
    };
    await useKey(keys.reader);
    await promote();
    await page.getByRole('dialog').getByText('needs the role admin').waitFor();
    await page.evaluate('sessionStorage.clear()');
    await page.reload();
    await useKey(keys.admin);
    await promote();
    const serving = page.getByRole('status');
    await serving.getByText(second).waitFor();
    await page.getByRole('button', { name: 'Roll back' }).first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
    await until('the first serves', async () => !(await serving.textContent())?.includes(second));
    await page.getByRole('link', { name: 'Parameters' }).click();
    await page.getByRole('button', { name: 'Kill trading' }).click();
    await page.getByLabel(/Reason/).fill('a test');
    await page.getByRole('dialog').getByRole('button', { name: 'Kill trading' }).click();
    await page.getByText('everything: HALTED').waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByLabel(/Reason/).fill('it is over');
    await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
    await page.getByText('Trading: ACTIVE everywhere').waitFor();
    await page.getByRole('button', { name: 'Kill training' }).click();
    await page.getByLabel(/Reason/).fill('a test');
    await page.getByRole('dialog').getByRole('button', { name: 'Kill training' }).click();
    await page.getByText('Training loop: KILLED').waitFor();
    await page.getByRole('button', { name: 'Resume training' }).click();
    await page.getByLabel(/Reason/).fill('it is over');
    await page.getByRole('dialog').getByRole('button', { name: 'Resume training' }).click();
    await page.getByText('Training loop: ACTIVE').waitFor();
  });

  it('says that the connection is lost, and heals it', async () => {
    rig = await openRig(temporal);
    const first = await startGateway();
    const { page } = await open(first.url, 'ledger');
    const status = page.getByRole('status');
    await status.getByText('live', { exact: true }).waitFor();
    await first.stop();
    await status.getByText('connection lost').waitFor();
    await startGateway({ PORT: new URL(first.url).port });
    await status.getByText('live', { exact: true }).waitFor();
  });

  it('says what is missing where nothing is there, and what does not answer', async () => {
    rig = await openRig(temporal);
    const { url } = await startGateway({ TEMPORAL_ADDRESS: '127.0.0.1:9' });
    const expected: Readonly<Record<View, string | RegExp>> = {
      market: /No candles of .* are stored yet/,
      model: 'No version yet',
      ledger: 'Nothing is stored yet',
      parameters: 'No engine has asked for parameters yet',
      runs: 'Temporal does not answer',
    };
    for (const view of views) {
      const { page, problems } = await open(url, view);
      await page.getByText(expected[view]).first().waitFor();
      // The browser itself notes every answer that is an error.
      expect(problems.filter((text) => !text.includes('503'))).toEqual([]);
    }
  });
});
