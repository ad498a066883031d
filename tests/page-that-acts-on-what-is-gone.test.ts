import type { Page, Route } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { hasBrowser } from './browser/chromium.ts';
import { createDashboardTests, trade } from './browser/dashboard.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);

/** Holds what is asked of these paths until it is let go with an answer of its own, or the gateway's. */
const hold = async (page: Page, paths: string) => {
  const held: Route[] = [];
  await page.route(paths, (route) => void held.push(route));
  return async (answer?: Parameters<Route['fulfill']>[0]): Promise<void> => {
    await Promise.all(held.splice(0).map((route) => (answer ? route.fulfill(answer) : route.continue())));
    await page.unroute(paths);
  };
};

const refusal = { status: 507, json: { detail: 'the disk is full', code: 'StorageUnavailable' } };

describe.runIf(hasBrowser)('an act on the page, when the gateway moved on', () => {
  const { startRig, startGateway, open, fill } = createDashboardTests(temporal);

  it('rolls back from and to what the question says, or is refused with what serves now', async () => {
    const { rig, first, second } = await fill();
    const promote = (versionId: string) =>
      rig.training.decide({ kind: 'promote', versionId, actor: 'colleague', requestId: `to ${versionId}` });
    await promote(second);
    const { url } = await startGateway();
    const { page } = await open(url, 'model');
    const button = page.locator('.toolbar').getByRole('button', { name: 'Roll back' });
    await button.click();
    const dialog = page.getByRole('dialog', { name: `Roll back to ${first}?` });
    await dialog.getByText(`instead of ${second}`).waitFor();
    await promote(first);
    const sent = page.waitForRequest('**/model/rollback');
    await dialog.getByRole('button', { name: 'Roll back' }).click();
    expect((await sent).postDataJSON()).toEqual({ to: first, expected_champion: second });
    await dialog.getByText(`the champion is ${first}, not ${second}`).waitFor();
    expect(rig.ledger.champion()).toMatchObject({ versionId: first, kind: 'promote', actor: 'colleague' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Roll back', disabled: true }).waitFor();
  });

  it('is offered for the chosen strategy only: not under its name for the one before', async () => {
    await startRig();
    const { url } = await startGateway();
    await fetch(`${url}/param/mean_reversion/BTCUSDT?features[vol]=0.01`);
    await trade(url);
    const { page, problems } = await open(url, 'parameters');
    const retire = page.getByRole('button', { name: 'Retire' });
    await retire.first().waitFor();
    const release = await hold(page, '**/overview/mean_reversion/**');
    await page.getByLabel('Strategy and instrument').selectOption('mean_reversion/BTCUSDT');
    await page.getByText('Loading …').first().waitFor();
    expect(await retire.count()).toBe(0);
    await release();
    await retire.first().click();
    await page.getByRole('dialog', { name: /^Retire \S+ of mean_reversion on BTCUSDT\?$/ }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Pin' }).first().click();
    await page.getByRole('dialog', { name: /^Pin \S+ for mean_reversion on BTCUSDT\?$/ }).waitFor();
    expect(problems).toEqual([]);
  });

  it('cannot be cancelled while it runs, and its refusal is told, also to who left the view', async () => {
    await startRig();
    const { url } = await startGateway();
    const { page } = await open(url, 'parameters');
    const dialog = page.getByRole('dialog');
    const kill = async () => {
      await page.getByRole('button', { name: 'Kill trading' }).first().click();
      await dialog.getByLabel(/Reason/).fill('a test');
      const release = await hold(page, '**/kill');
      const asked = page.waitForRequest('**/kill');
      await dialog.getByRole('button', { name: 'Kill trading' }).click();
      await asked;
      return release;
    };
    let refuse = await kill();
    await dialog.getByRole('button', { name: 'Cancel', disabled: true }).waitFor();
    // A browser asks at the first one, and closes by itself at the second.
    for (let n = 0; n < 3; n += 1) await page.keyboard.press('Escape');
    await refuse(refusal);
    await dialog.getByText('the disk is full').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });

    refuse = await kill();
    await page.evaluate(`location.hash = '#runs'`);
    await dialog.waitFor({ state: 'detached' });
    // Until it is dismissed the page does nothing else.
    const told = page.waitForEvent('dialog').then(async (alert) => {
      await alert.dismiss();
      return alert.message();
    });
    await refuse(refusal);
    expect(await told).toBe('Stop all trading? the disk is full');
  });
});
