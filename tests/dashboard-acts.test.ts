import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { seriesKey } from '../series.ts';
import { applySchedules } from '../temporal/schedules.ts';
import { ingestId } from '../workflows/ids.ts';
import { hasBrowser } from './browser/chromium.ts';
import { actOn, createDashboardTests, trade } from './browser/dashboard.ts';
import type { Rig } from './support/rig.ts';
import { trainAndPass } from './support/trainers.ts';
import { until } from './support/until.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const strategy = 'momentum_breakout';
const instrument = 'BTCUSDT';

const read = async <T>(url: string, path: string): Promise<T> =>
  (await (await fetch(`${url}${path}`)).json()) as T;

/** Clicks, gives the reason, and answers with what the page sent. */
const sentBy = async (page: Page, button: ReturnType<Page['locator']>, reason: string) => {
  const sent = page.waitForRequest((request) => request.method() === 'POST');
  await actOn(page, button, reason);
  const request = await sent;
  return { path: new URL(request.url()).pathname, body: request.postDataJSON() as unknown };
};

/** None of them is due within the test. */
const applyQuietSchedules = ({ client, config, ledger }: Rig) =>
  applySchedules(client, ledger, {
    series: config.series.map(seriesKey),
    ...{ ingestCron: '0 0 1 1 *', retrainCron: '0 0 1 1 *', auditCron: '0 0 1 1 *' },
    ...{ janitorEveryMs: 86_400_000, watchEveryMs: 86_400_000 },
  });

describe.runIf(hasBrowser)('what is done from the page', () => {
  const { startRig, startGateway, open, train } = createDashboardTests(temporal);

  it('to a schedule: paused, resumed and triggered in Temporal, with its reason', async () => {
    const rig = await startRig();
    const ids = Object.keys(await applyQuietSchedules(rig));
    const id = `schedule-${ingestId(seriesKey(rig.config.series[0]!))}`;
    const handle = rig.client.schedule.getHandle(id);
    try {
      const { url } = await startGateway();
      const { page, problems } = await open(url, 'runs');
      const button = (name: string) =>
        page.getByRole('row', { name: id }).getByRole('button', { name, exact: true });
      const path = (action: string) => `/schedules/${encodeURIComponent(id)}/${action}`;
      expect(await sentBy(page, button('Pause'), 'too many')).toEqual({
        path: path('pause'),
        body: { reason: 'too many' },
      });
      await button('Resume').waitFor();
      expect((await handle.describe()).state).toMatchObject({ paused: true, note: 'anonymous: too many' });
      expect(await sentBy(page, button('Resume'), 'it is over')).toEqual({
        path: path('unpause'),
        body: { reason: 'it is over' },
      });
      await button('Pause').waitFor();
      expect((await handle.describe()).state).toMatchObject({ paused: false, note: 'anonymous: it is over' });
      expect(await sentBy(page, button('Trigger now'), 'look')).toEqual({
        path: path('trigger'),
        body: { reason: 'look' },
      });
      await until('it ran', async () => (await handle.describe()).info.numActionsTaken === 1);
      expect(problems).toEqual([]);
    } finally {
      for (const one of ids) await rig.client.schedule.getHandle(one).delete();
    }
  });

  it('to a preset: pinned, unpinned and retired in the controller, under its audit', async () => {
    await startRig();
    const { url } = await startGateway();
    await read(url, '/param/mean_reversion/BTCUSDT?features[vol]=0.01');
    await trade(url);
    const { page, problems } = await open(url, 'parameters');
    await page.getByText('Policy').first().waitFor();
    expect(await page.getByLabel('Strategy and instrument').inputValue(), 'the one that learned').toBe(
      `${strategy}/${instrument}`,
    );
    await page.getByText('What these words mean').click();
    expect(await page.locator('details dt').allTextContents()).toEqual([
      'Mean reward in deviations',
      'Policy version',
      'Share',
    ]);
    const overview = async () =>
      (
        await read<{ data: { pinned_preset: string | null; presets: { preset_id: string }[] } }>(
          url,
          `/overview/${strategy}/${instrument}`,
        )
      ).data;
    const button = (name: string) =>
      page.getByRole('row', { name: /^balanced/ }).getByRole('button', { name, exact: true });
    const where = { strategy, instrument };
    expect(await sentBy(page, button('Pin'), 'a test')).toEqual({
      path: '/preset/pin',
      body: { ...where, preset_id: 'balanced', reason: 'a test' },
    });
    await page.getByText('balanced is pinned').waitFor();
    expect((await overview()).pinned_preset).toBe('balanced');
    expect(await sentBy(page, page.getByRole('button', { name: 'Unpin' }), 'over')).toEqual({
      path: '/preset/pin',
      body: { ...where, preset_id: null, reason: 'over' },
    });
    await page.getByRole('button', { name: 'Unpin' }).waitFor({ state: 'detached' });
    expect((await overview()).pinned_preset).toBeNull();
    expect(await sentBy(page, button('Retire'), 'no good')).toEqual({
      path: '/preset/retire',
      body: { ...where, preset_id: 'balanced', reason: 'no good' },
    });
    await button('Retire').waitFor({ state: 'detached' });
    expect((await overview()).presets.map(({ preset_id }) => preset_id)).not.toContain('balanced');
    const { data: audit } = await read<{ data: { reason: string }[] }>(url, '/audit');
    expect(audit.map(({ reason }) => reason).slice(0, 3)).toEqual(['no good', 'over', 'a test']);
    const halt = page.getByRole('button', { name: 'Halt', exact: true });
    expect(await sentBy(page, halt, 'it smells'), 'this scope alone').toEqual({
      path: '/kill',
      body: { ...where, state: 'HALTED', reason: 'it smells' },
    });
    await page.getByText(`${strategy}:${instrument}: HALTED`).waitFor();
    expect(problems).toEqual([]);
  });

  it('to versions: what was judged against another champion cannot be approved, what was rolled back is no candidate', async () => {
    const rig = await startRig({ trainer: trainAndPass, settings: { AUTO_PROMOTE: 'false' } });
    await rig.startTrain();
    const decide = (kind: 'approve' | 'rollback', requestId: string) =>
      rig.training.decide({ kind, actor: 'test', requestId });
    const first = await train(400);
    await decide('approve', 'first');
    const second = await train(1_200);
    await decide('approve', 'second');
    const third = await train(1_200);
    await decide('rollback', 'back');
    const { url } = await startGateway();
    const { data } = await read<{ data: Record<string, unknown>[] }>(url, '/models');
    expect(
      data.map((row) => [row['version_id'], row['active'], row['awaiting_approval'], row['rolled_back_at']]),
    ).toEqual([
      [third, false, true, null],
      [second, false, false, expect.any(Number)],
      [first, true, false, null],
    ]);
    const { page, problems } = await open(url, 'model');
    const row = (id: string) => page.locator('.timeline li', { has: page.getByRole('link', { name: id }) });
    await row(third).getByText('waits, but was judged against another champion').waitFor();
    await row(second)
      .getByText(/^rolled back \d+ s ago$/)
      .waitFor();
    await row(first).getByText('champion, serves').waitFor();
    // It would be refused: the third was judged against the second.
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0);
    await expect(decide('approve', 'late')).rejects.toMatchObject({ type: 'ChampionChanged' });
    expect(await row(second).getByRole('button', { name: 'Promote' }).count()).toBe(1);
    expect(problems).toEqual([]);
  });

  it('to a lock of a protection: it is lifted in the controller', async () => {
    await startRig();
    const { url } = await startGateway();
    // Nothing is stored here, so the first question locks the strategy: its market stands still, its model is missing.
    await trade(url);
    const locks = async () =>
      (await read<{ locks: { id: number; protection: string }[] }>(url, '/guardrails')).locks;
    const before = await locks();
    const lock = before.find(({ protection }) => protection === 'stale_market');
    expect(before.length).toBeGreaterThan(1);
    const { page, problems } = await open(url, 'parameters');
    const row = page.getByRole('listitem').filter({ hasText: 'stale_market' });
    expect(await sentBy(page, row.getByRole('button', { name: 'Unlock' }), 'looked at it')).toEqual({
      path: '/unlock',
      body: { lock_id: lock!.id, reason: 'looked at it' },
    });
    await row.waitFor({ state: 'detached' });
    expect(await locks()).toEqual(before.filter((one) => one !== lock));
    expect(problems).toEqual([]);
  });
});
