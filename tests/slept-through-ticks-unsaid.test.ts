import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, ScheduleOverlapPolicy } from '@temporalio/client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTemporal, type TemporalServer } from '../cli/embedded/temporal-server.ts';
import { type Ledger, openLedger } from '../ledger/open.ts';
import { setup } from '../scripts/setup.mjs';
import { connectClient } from '../temporal/connect.ts';
import { retentionMs } from '../temporal/retention.ts';
import { watchSkips } from '../workers/watch-skips.ts';
import { until } from './support/until.ts';

const schedule = 'schedule-every-second';
const dayMs = 86_400_000;

let home: string;
let server: TemporalServer;
let client: Client;
let ledger: Ledger;

beforeEach(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'autotrain-slept-'));
  const { temporalPath: binary } = await setup({ ownServer: true });
  const place = { stateDir: home, namespace: 'default', retentionMs: 2 * dayMs };
  server = await startTemporal({ binary, ...place, anyPorts: true });
  client = await connectClient({ address: server.address, namespace: 'default' });
  ledger = openLedger({ path: path.join(home, 'ledger.sqlite'), domain: 'production' });
});
afterEach(async () => {
  ledger.close();
  await client.connection.close();
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

const serverPid = (): number =>
  (JSON.parse(readFileSync(path.join(home, 'temporal', 'server.json'), 'utf8')) as { pid: number }).pid;

/** What a closed lid does to the server: it does not run, and the clock goes on. */
const asleep = async (ms: number): Promise<void> => {
  process.kill(serverPid(), 'SIGSTOP');
  try {
    await delay(ms);
  } finally {
    process.kill(serverPid(), 'SIGCONT');
  }
};

it('a machine that slept runs what lies within the catch-up window, and says how many ticks it left out, and when', async () => {
  expect(await retentionMs(client, 'default')).toBe(2 * dayMs);
  const handle = await client.schedule.create({
    scheduleId: schedule,
    spec: { intervals: [{ every: '1 second' }] },
    action: {
      type: 'startWorkflow',
      workflowType: 'none',
      taskQueue: 'nobody',
      workflowId: 'none',
      args: [],
    },
    policies: { overlap: ScheduleOverlapPolicy.ALLOW_ALL, catchupWindow: '10 seconds' },
  });
  await until('it ticks', async () => (await handle.describe()).info.numActionsTaken > 0);
  const said: string[] = [];
  const log = { warn: (_: unknown, line: string) => said.push(line), debug: () => undefined };
  let looks = 0;
  const lookAtSchedule: Ledger['lookAtSchedule'] = (seen) => {
    const skipped = ledger.lookAtSchedule(seen);
    looks += 1;
    return skipped;
  };
  const watched = { client, ledger: { lookAtSchedule }, schedules: [schedule] };
  const stop = watchSkips({ ...watched, log: log as never, everyMs: 200 });
  try {
    // What was left out is counted from the first look on.
    await until('it was looked at', () => looks > 0);
    const before = Date.now();
    await asleep(14_000);
    await until('it is said', () => said.length > 0);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^skipped [1-9] ticks of schedule-every-second between .*Z and .*Z; what they/);
    const [{ detail } = { detail: undefined }] = ledger.auditTrail({ limit: 1 });
    const { fromMs, toMs, ticks } = detail as { fromMs: number; toMs: number; ticks: number };
    expect(fromMs).toBeLessThanOrEqual(before + 1_000);
    expect(toMs).toBeGreaterThan(before + 1_000);
    const { info } = await handle.describe();
    expect(ticks).toBe(info.numActionsMissedCatchupWindow);
  } finally {
    await stop();
  }
});
