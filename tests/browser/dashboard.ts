import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { retrainId } from '../../workflows/ids.ts';
import { type GatewayProcess, startGatewayProcess } from '../processes/gateway-process.ts';
import { openRig, type Rig, type RigOptions } from '../support/rig.ts';
import { trainAndPass } from '../support/trainers.ts';
import type { TestTemporal } from '../temporal-server.ts';
import { launchBrowser, openPage, type WatchedPage } from './chromium.ts';

export const views = ['market', 'model', 'ledger', 'parameters', 'runs'] as const;
export type View = (typeof views)[number];

/** What each view shows when there is something. */
export const proof: Readonly<Record<View, string | RegExp>> = {
  market: /P\(regime\), filtered/,
  model: 'this model gains (95 %)',
  ledger: 'wait for a retrain',
  parameters: /posterior mean reward/,
  runs: retrainId,
};

export const keys = { admin: 'admin-key-1', reader: 'reader-key-1' };
export const auth = { REQUIRE_AUTH: 'true', GATEWAY_API_KEYS: `admin:${keys.admin},reader:${keys.reader}` };

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

export const seriousIn = async (page: Page): Promise<string[]> => {
  // By the debugger: the page's own policy forbids scripts from elsewhere, as it should.
  await page.evaluate(readFileSync(axe, 'utf8'));
  const { violations } = await page.evaluate<{
    violations: { id: string; impact: string; nodes: { html: string }[] }[];
  }>('axe.run()');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
};

export const post = async (url: string, path: string, body: object): Promise<void> => {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.status).toBe(200);
};

/** An engine asks once and learns from it. */
export const trade = async (url: string): Promise<void> => {
  const answer = await fetch(`${url}/param/momentum_breakout/BTCUSDT?features[vol]=0.01`);
  const { decision_id, preset_id } = (await answer.json()) as Record<string, string>;
  await post(url, `/learn/outcome/momentum_breakout/BTCUSDT/${preset_id}`, {
    reward: 12,
    decision_id,
    outcome_id: 'o1',
  });
};

/** Clicks what asks before it acts, answers the question and waits until it is gone. */
export const actOn = async (page: Page, button: ReturnType<Page['locator']>, reason?: string) => {
  await button.click();
  const dialog = page.getByRole('dialog');
  if (reason !== undefined) await dialog.getByLabel(/Reason/).fill(reason);
  await dialog.getByRole('button').first().click();
  await dialog.waitFor({ state: 'detached' });
};

/** A browser for the file; pages for each test, closed behind it, and so rig and gateways, unless the file has but one of each. */
export const createDashboardTests = (temporal: TestTemporal, { oneLoop = false } = {}) => {
  let browser: Browser;
  let rig: Rig | undefined;
  let gateways: GatewayProcess[] = [];
  let pages: Page[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  const closeLoop = async (): Promise<void> => {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    gateways = [];
    await rig?.close();
    rig = undefined;
  };
  afterAll(async () => {
    await closeLoop();
    await browser.close();
  });
  afterEach(async () => {
    await Promise.all(pages.map((page) => page.close()));
    pages = [];
    if (!oneLoop) await closeLoop();
  });

  const startRig = async (options: RigOptions = {}): Promise<Rig> => {
    rig = await openRig(temporal, options);
    return rig;
  };

  const startGateway = async (env: Record<string, string> = {}): Promise<GatewayProcess> => {
    const gateway = await startGatewayProcess({
      ...rig!.env,
      TEMPORAL_UI_URL: 'http://127.0.0.1:9',
      ...env,
    });
    gateways.push(gateway);
    return gateway;
  };

  const open = async (
    url: string,
    view: View,
    options: { width?: number; dark?: boolean; prepare?: (page: Page) => Promise<unknown> } = {},
  ): Promise<WatchedPage> => {
    const watched = await openPage(browser, options);
    pages.push(watched.page);
    await options.prepare?.(watched.page);
    await watched.page.goto(`${url}/#${view}`);
    return watched;
  };

  const train = async (count: number, promote?: boolean): Promise<string> => {
    rig!.land(count);
    const trained = await rig!.training.train({ wait: true, ...(promote === undefined ? {} : { promote }) });
    if (!('version_id' in trained)) throw new Error('nothing was trained');
    return trained.version_id;
  };

  /** Two versions, the first of which serves. */
  const fill = async (trainer = trainAndPass): Promise<{ rig: Rig; first: string; second: string }> => {
    const filled = await startRig({ trainer });
    await filled.startTrain();
    return { rig: filled, first: await train(400), second: await train(1_200, false) };
  };

  return { startRig, startGateway, open, train, fill };
};
