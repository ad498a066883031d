import { beforeAll, describe, expect, it } from 'vitest';
import { type Series, seriesKey, timeframesMs } from '../series.ts';
import { Sqlite } from '../sqlite.ts';
import { hasBrowser, overflowOf, untrustedName } from './browser/chromium.ts';
import {
  actOn,
  auth,
  createDashboardTests,
  keys,
  proof,
  seriousIn,
  trade,
  type View,
  views,
} from './browser/dashboard.ts';
import { trainAndPass } from './support/trainers.ts';
import { until } from './support/until.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);

describe.runIf(hasBrowser)('what the dashboard shows of a loop', () => {
  const { startGateway, open, fill } = createDashboardTests(temporal, { oneLoop: true });
  let loop: Awaited<ReturnType<typeof fill>>;
  let url: string;
  beforeAll(async () => {
    loop = await fill();
    ({ url } = await startGateway());
  });

  it('shows every view, wide and at 390 px, without an error, overflow or serious barrier', async () => {
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

  it('marks what happened further back than the newest thousand corrections, once one looks there', async () => {
    const { rig } = loop;
    const [series] = rig.config.series as [Series];
    const stepMs = timeframesMs[series.timeframe];
    const endMs = rig.ledger.watermark(series)!;
    const oldMs = endMs - 1_550 * stepMs;
    const db = new Sqlite(rig.config.paths.ledgerFile);
    const correct = db.prepare(`insert into corrections values (?, ?, ?, 'rewritten', null)`);
    db.transaction(() => {
      correct.run('old', seriesKey(series), oldMs);
      for (let n = 0; n < 1_000; n += 1) correct.run(`new-${n}`, seriesKey(series), endMs - stepMs);
    })();
    db.close();
    const { page, problems } = await open(url, 'market');
    const old = page.locator('details li').filter({ hasText: new Date(oldMs).toISOString().slice(0, 10) });
    await page.getByText(/ marked: gaps and corrections/).click();
    expect(await old.count()).toBe(0);
    for (let turn = 0; turn < 3; turn += 1) await page.getByRole('button', { name: 'Zoom out' }).click();
    await old.first().waitFor();
    expect(await old.allTextContents()).toContainEqual(
      expect.stringContaining(
        `Correction at ${new Date(oldMs).toISOString().slice(0, 16).replace('T', ' ')} UTC: rewritten`,
      ),
    );
    expect(problems).toEqual([]);
  });

  it('shows the numbers of the transition matrix, and their drift as lines over both versions', async () => {
    const { first, second } = loop;
    const matrixOf = async (version: string) => {
      const answer = await fetch(`${url}/models/${version}/transitions`);
      const { series } = (await answer.json()) as {
        series: Record<string, { regimes: string[]; matrix: number[][] }>;
      };
      return Object.values(series)[0]!;
    };
    const { regimes, matrix } = await matrixOf(first);
    const newest = await matrixOf(second);
    const { page, problems } = await open(url, 'model');
    const cells = page.locator('table.heat tbody tr').first().locator('td:not(.number)');
    await cells.first().waitFor();
    expect(await cells.allTextContents()).toEqual(matrix[0]!.map((p) => p.toFixed(3)));
    const drift = page.getByRole('group', { name: /^Transition probabilities over versions/ });
    const said = (values: readonly number[]) =>
      `newest: ${newest.regimes.map((name, k) => `${name} ${values[k]!.toFixed(3)}`).join(', ')}`;
    await drift.waitFor();
    expect(await drift.getAttribute('aria-label')).toContain(said(newest.matrix.map((row, k) => row[k]!)));
    await page.getByLabel('Probability').selectOption(`from ${regimes[0]} to each`);
    const from = newest.matrix[newest.regimes.indexOf(regimes[0]!)]!;
    await until('the lines are those from it', async () =>
      Boolean((await drift.getAttribute('aria-label'))?.includes(said(from))),
    );
    expect(problems).toEqual([]);
  });
});

describe.runIf(hasBrowser)('the dashboard in Chromium', () => {
  const { startRig, startGateway, open, fill, train } = createDashboardTests(temporal);

  it('marks gaps and corrections, and lists the marks of the chosen series in words', async () => {
    const rig = await startRig();
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
    const rig = await startRig({ trainer: trainAndPass, settings: { AUTO_PROMOTE: 'false' } });
    await rig.startTrain();
    const first = await train(400);
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
    await page.getByRole('status').getByText(first).waitFor();
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
    const { page, problems } = await open(url, 'model');
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
    const act = (name: string, reason: string) =>
      actOn(page, page.getByRole('button', { name, exact: true }), reason);
    await act('Kill trading', 'a test');
    await page.getByText('everything: HALTED').waitFor();
    await act('Resume', 'it is over');
    await page.getByText('Trading: ACTIVE everywhere').waitFor();
    await act('Kill training', 'a test');
    await page.getByText('Training loop: KILLED').waitFor();
    await act('Resume training', 'it is over');
    await page.getByText('Training loop: ACTIVE').waitFor();
    // The browser itself notes every refusal: of what was asked without a key, and of the reader's promotion.
    const unexpected = problems.filter((text) => !/status of 40[13] /.test(text));
    expect(unexpected).toEqual([]);
    expect(problems.some((text) => /status of 403 .*\/model\/promote$/.test(text))).toBe(true);
  });

  it('works where a browser trusts the name less than localhost, from any view to a promotion', async () => {
    const { rig, second } = await fill();
    const { url } = await startGateway();
    await trade(url);
    const named = url.replace('127.0.0.1', untrustedName);
    for (const view of views) {
      const { page, problems } = await open(named, view);
      await page.getByText(proof[view]).first().waitFor();
      expect(await page.evaluate('isSecureContext'), view).toBe(false);
      if (view === 'model')
        await actOn(page, page.locator('li', { hasText: second }).getByRole('button', { name: 'Promote' }));
      expect(problems, view).toEqual([]);
    }
    expect(rig.ledger.champion()?.versionId).toBe(second);
  });

  it('says that the connection is lost, and heals it', async () => {
    await startRig();
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
    await startRig();
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
