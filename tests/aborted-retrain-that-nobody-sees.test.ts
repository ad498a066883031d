import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { seriesKey } from '../series.ts';
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

  /** Each number of claimed files in turn. */
  const claimsOf = async (): Promise<string[]> => {
    const answer = await fetch(`${gateway.url}/ledger/history`);
    const { data } = (await answer.json()) as { data: { files: { processing: number } }[] };
    const claims = data.map(({ files }) => String(files.processing));
    return claims.filter((one, i) => one !== claims[i - 1]);
  };

  /** By the ledger: also for a page that is opened later, on a gateway that did not run when it happened. */
  const expectRemembered = async (): Promise<void> => {
    await gateway.stop();
    gateway = await startGatewayProcess(rig.env);
    await page.goto(`${gateway.url}/#ledger`);
    await until('the page shows that none is claimed', async () => (await claimed()) === '0');
    await page.getByRole('group', { name: /Claimed and waiting files/ }).waitFor();
    await page.getByRole('group', { name: /Processed, deleted and quarantined files/ }).waitFor();
    expect(await claimsOf()).toEqual(['0', claimedFiles, '0']);
  };

  it('is told of while it trains: Market that a model is on its way, Runs how far each series is', async () => {
    const { run } = await startFromThePage();
    await page.getByRole('link', { name: 'Market' }).click();
    await page.getByText('No model serves this series yet: a retrain is running').waitFor();
    await page.getByRole('link', { name: 'Runs' }).click();
    for (const series of rig.config.series) {
      const bar = page.getByRole('progressbar', { name: `fit of ${seriesKey(series)}` });
      await bar.waitFor();
      expect(await bar.evaluate((element) => element.parentElement?.textContent)).toMatch(
        /: fit\s+2 of 660$/,
      );
    }
    await run.cancel();
    await until('the files are given back', () => rig.ledger.fileCounts().processing === 0);
    await page.getByRole('link', { name: 'Market' }).click();
    await page.getByText('No model serves this series yet: train one').waitFor();
  });

  it('cancelled: the claimed files drop to zero on the page, and after a restart of the gateway it still shows that they were claimed', async () => {
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
