import { describe, expect, it } from 'vitest';
import { hasBrowser } from './browser/chromium.ts';
import { createDashboardTests, proof, trade, type View, views } from './browser/dashboard.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);

/** One thing that each view asks for, and not the one that its proof is of. */
const failing: Readonly<Record<View, string>> = {
  market: '**/ledger/gaps?*',
  model: '**/promotions?*',
  ledger: '**/ledger/gaps?*',
  parameters: '**/guardrails',
  runs: '**/schedules',
};

const refusal = { status: 500, json: { detail: 'the disk is gone', code: 'Internal' } };

describe.runIf(hasBrowser)('a page that is not told everything', () => {
  const { startRig, startGateway, open, fill } = createDashboardTests(temporal);

  it('says what failed where it would stand, and shows the rest', async () => {
    await fill();
    const { url } = await startGateway();
    await trade(url);
    for (const view of views) {
      const { page, problems } = await open(url, view, {
        prepare: (one) => one.route(failing[view], (route) => route.fulfill(refusal)),
      });
      await page.getByRole('alert').getByText('the disk is gone').first().waitFor();
      await page.getByText(proof[view]).first().waitFor();
      expect(
        problems.filter((text) => !/status of 500 /.test(text)),
        view,
      ).toEqual([]);
    }
  });

  it('says that the gateway is silent while its connection stands, heals, and keeps old values as old ones when it dies', async () => {
    await startRig();
    const gateway = await startGateway();
    await trade(gateway.url);
    const { page } = await open(gateway.url, 'parameters');
    const status = page.getByRole('status');
    const preset = page.getByRole('row', { name: /^balanced/ });
    await Promise.all([preset.waitFor(), status.getByText('live', { exact: true }).waitFor()]);
    try {
      gateway.child.kill('SIGSTOP');
      await status.getByText('connection lost').waitFor();
      await page
        .getByText(/^as of \d\d s ago$/)
        .first()
        .waitFor();
    } finally {
      gateway.child.kill('SIGCONT');
    }
    await status.getByText('live', { exact: true }).waitFor();
    await gateway.stop();
    await page.getByRole('alert').getByText('what is shown is older').first().waitFor();
    expect(await preset.isVisible()).toBe(true);
  });
});
