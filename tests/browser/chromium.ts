import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const program = process.env['CHROMIUM_PATH'] ?? places.find(existsSync);

/** Without a browser its tests are skipped, unless REQUIRE_BROWSER=1 (as CI says). */
export const hasBrowser = program !== undefined || process.env['REQUIRE_BROWSER'] === '1';

/** A name of this machine that browsers do not trust as they trust localhost. */
export const untrustedName = 'gw.test';

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: program ?? places[0]!,
    args: ['--no-sandbox', '--disable-dev-shm-usage', `--host-resolver-rules=MAP ${untrustedName} 127.0.0.1`],
  });

export interface WatchedPage {
  readonly page: Page;
  /** Errors of the console and of scripts, as they came. */
  readonly problems: string[];
}

export const openPage = async (
  browser: Browser,
  { width = 1280, dark = false }: { width?: number; dark?: boolean } = {},
): Promise<WatchedPage> => {
  const page = await browser.newPage({
    viewport: { width, height: 900 },
    colorScheme: dark ? 'dark' : 'light',
  });
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => problems.push(error.message));
  return { page, problems };
};

/** How much wider than its window the page is. */
export const overflowOf = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
