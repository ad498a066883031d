import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** What stands on each view when it is filled. */
const views = {
  market: 'P(regime), filtered',
  model: 'Against baselines',
  ledger: 'wait for a retrain',
  parameters: 'posterior mean reward',
  runs: 'retrain',
};

const forms = {
  light: { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: 'light' },
};

const launch = () => {
  const program = process.env.CHROMIUM_PATH ?? places.find((place) => existsSync(place));
  if (program === undefined)
    throw new Error('no Chromium: install the package chromium, or set CHROMIUM_PATH');
  return chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
};

/** Charts are drawn a frame or two after their data have come. */
const settleMs = 1_500;

const shootView = async (page, url, view, path) => {
  await page.goto(`${url}/#${view}`);
  await page.reload();
  await page.getByText(views[view]).first().waitFor();
  await page.waitForTimeout(settleMs);
  await page.screenshot({ path, fullPage: true });
};

const firstPaint = (page) =>
  page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null");

/** PNGs of every view in every form; how long the first paint of the first view took, in ms. */
export const shoot = async (url, out) => {
  const browser = await launch();
  try {
    const files = [];
    let firstPaintMs = null;
    for (const [form, options] of Object.entries(forms)) {
      const page = await browser.newPage(options);
      for (const view of Object.keys(views)) {
        const path = join(out, `${view}-${form}.png`);
        await shootView(page, url, view, path);
        firstPaintMs ??= Math.round(await firstPaint(page));
        files.push(path);
      }
      await page.close();
    }
    return { files, firstPaintMs };
  } finally {
    await browser.close();
  }
};
