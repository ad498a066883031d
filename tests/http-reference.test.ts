import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, launchBrowser, openPage, overflowOf } from './browser/chromium.ts';
import { filledState } from './processes/filled-state.ts';
import { type GatewayProcess, startGatewayProcess } from './processes/gateway-process.ts';

describe.runIf(hasBrowser)('the page /docs in Chromium', () => {
  let browser: Browser;
  let state: ReturnType<typeof filledState>;
  let gateway: GatewayProcess;

  beforeAll(async () => {
    state = filledState(3);
    gateway = await startGatewayProcess({ ...state.env, TEMPORAL_ADDRESS: '127.0.0.1:9' });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
    state.remove();
  });

  it.each([1280, 390])(
    'shows the operations at %d px without an error, from this gateway alone',
    async (width) => {
      const { page, problems } = await openPage(browser, { width });
      const elsewhere: string[] = [];
      page.on('request', (request) => {
        const url = request.url();
        if (!url.startsWith(gateway.url) && !url.startsWith('data:')) elsewhere.push(url);
      });
      await page.goto(`${gateway.url}/docs`);
      const predict = page.locator('#operations-engine-postPredict');
      await predict.getByRole('button').first().click();
      await predict.getByText('Invalid, NothingUsable').first().waitFor();
      await predict.getByText('regime_proba').first().waitFor();
      expect(await page.locator('.opblock').count()).toBeGreaterThanOrEqual(45);
      expect(await overflowOf(page)).toBeLessThanOrEqual(0);
      expect(elsewhere).toEqual([]);
      expect(problems).toEqual([]);
      await page.close();
    },
  );
});
