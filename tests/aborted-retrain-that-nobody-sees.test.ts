import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { janitorId, retrainId, taskQueues } from '../workflows/ids.ts';
import { hasBrowser, launchBrowser, openPage } from './browser/chromium.ts';
import { type GatewayProcess, startGatewayProcess } from './processes/gateway-process.ts';
import { openRig, type Rig } from './support/rig.ts';
import { heldTrainer } from './support/trainers.ts';
import { until } from './support/until.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);

/** The claim of two series, a file each. */
const claimedFiles = '2';

describe.runIf(hasBrowser)('a retrain that is started from the page and aborted in Temporal', () => {
  let browser: Browser;
  let rig: Rig;
  let gateway: GatewayProcess;
  let page: Page;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    await page.close();
    await gateway.stop();
    await rig.close();
  });

  const claimed = () => page.locator('[data-status=processing] .big').textContent();

  /** Trains until it hears that it is over. */
  const startFromThePage = async () => {
    const held = heldTrainer();
    rig = await openRig(temporal, { trainer: held.trainer, leaseMs: 3_000 });
    await rig.startTrain();
    rig.land(400);
    gateway = await startGatewayProcess(rig.env);
    ({ page } = await openPage(browser));
    await page.goto(`${gateway.url}/#model`);
    await page.getByRole('button', { name: 'Retrain' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Retrain' }).click();
    await page.getByRole('link', { name: 'Ledger' }).click();
    await until('the page shows the claim', async () => (await claimed()) === claimedFiles);
    await until('both series train', () => held.calls.length === 2);
    return { held, run: rig.client.workflow.getHandle(retrainId) };
  };

  /** What the gateway remembers of it, for a page that was opened later. */
  const expectRemembered = async (): Promise<void> => {
    await page.reload();
    await until('the page shows that none is claimed', async () => (await claimed()) === '0');
    await page.getByRole('group', { name: /Claimed and waiting files/ }).waitFor();
    const answer = await fetch(`${gateway.url}/ledger/history`);
    const { data } = (await answer.json()) as { data: { files: { processing: number } }[] };
    expect(data.map(({ files }) => String(files.processing))).toEqual(['0', claimedFiles, '0']);
  };

  it('cancelled: the claimed files drop to zero on the page, and a reload still shows that they were claimed', async () => {
    const { run } = await startFromThePage();
    await run.cancel();
    await until('the page shows that none is claimed', async () => (await claimed()) === '0');
    await expectRemembered();
  });

  it('terminated, where nothing of the run can clean up: they drop when the janitor has swept', async () => {
    const { run, held } = await startFromThePage();
    await run.terminate('aborted in the Web UI');
    await until('the bodies heard of it', () => held.calls.every(({ signal }) => signal.aborted));
    expect(await claimed()).toBe(claimedFiles);
    const leaseUntil = rig.ledger.openClaims()[0]?.leaseUntil ?? 0;
    await delay(Math.max(0, leaseUntil - Date.now()) + 50);
    const sweep = { workflowId: janitorId, taskQueue: taskQueues.train, args: [] };
    await rig.client.workflow.execute('janitor', sweep);
    await until('the page shows that none is claimed', async () => (await claimed()) === '0');
    await expectRemembered();
  });
});
