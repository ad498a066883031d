/** That old rows fold and audit logs rotate is of no use where nobody calls it: here the parts run as they are put together. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { quiet } from '../api/app.fixture.ts';
import { openGateway } from '../api/gateway.ts';
import { auditFolders } from '../audit/folders.ts';
import { hmm, open as openStore } from '../controller/controller.fixture.ts';
import { freshDir } from '../ledger/fresh.fixture.ts';
import { btc, land, run1, versionNamed } from '../ledger/ledger.fixture.ts';
import { openLedger } from '../ledger/open.ts';
import { seriesKey } from '../series.ts';
import { janitorId, taskQueues } from '../workflows/ids.ts';
import { openRig, type Rig } from './support/rig.ts';
import { until } from './support/until.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

afterEach(() => void vi.useRealTimers());

const openedRig = async (settings: Record<string, string>): Promise<Rig> => {
  const rig = await openRig(temporal, { settings });
  onTestFinished(() => rig.close());
  return rig;
};

/** One file that was trained on, archived and deleted so long ago, and one row in the audit log. */
const leaveRows = (dataDir: string, agoMs: number, number: number): void => {
  const clock = () => Date.now() - agoMs;
  const ledger = openLedger({ path: path.join(dataDir, 'manifest.sqlite'), domain: 'production', clock });
  const run = { ...run1, runId: `run-${number}` };
  land({ ledger, dataDir }, { from: 3 * number, count: 3 });
  const { claimId, files } = ledger.claim({ ...run, leaseMs: dayMs, series: [seriesKey(btc)] });
  ledger.commitVersion({ ...run, claimId, version: versionNamed(number), dispositions: [] });
  const ids = files.map(({ fileId }) => fileId);
  ledger.markArchived(ids);
  ledger.markDeleted(ids);
  ledger.audit({ actor: 'test', action: 'act', subject: `${number}` });
  ledger.close();
};

it.each([
  { LEDGER_ROWS_DAYS: '2', AUDIT_KEEP_DAYS: '4', rows: 2, audit: ['2', '3'] },
  { LEDGER_ROWS_DAYS: '4', AUDIT_KEEP_DAYS: '2', rows: 1, audit: ['3'] },
])(
  'the janitor folds rows older than $LEDGER_ROWS_DAYS days, and moves audit rows older than $AUDIT_KEEP_DAYS days out',
  async ({ rows, audit, ...settings }) => {
    const dataDir = freshDir();
    for (const [at, days] of [5, 3, 1].entries()) leaveRows(dataDir, days * dayMs, at + 1);
    const rig = await openedRig({ DATA_DIR: dataDir, TIMEFRAME: '1h', ...settings });
    await rig.startTrain();
    const sweep = { workflowId: janitorId, taskQueue: taskQueues.train, args: [] };
    expect(await rig.client.workflow.execute('janitor', sweep)).toMatchObject({ rowsCompacted: rows });
    expect(rig.ledger.fileCounts().deleted).toBe(3 - rows);
    expect(rig.ledger.fileRanges(btc)).toMatchObject([{ files: rows }]);
    const folder = auditFolders(dataDir).ledger;
    expect(readdirSync(folder)).toHaveLength(1);
    const kept = rig.ledger.auditTrail({ limit: 1000 }).filter(({ actor }) => actor === 'test');
    expect(kept.map(({ subject }) => subject).sort()).toEqual(audit);
    expect(rig.ledger.verifyAudit(folder)).toMatchObject({ ok: true, segments: 1 });
  },
);

/** One decision and one row in the audit log, so long ago. */
const leaveDecision = (file: string, agoMs: number, reason: string): void => {
  const store = openStore({ path: file, clock: () => Date.now() - agoMs });
  store.register({ ...hmm, presetId: 'calm', params: { threshold: 0.6 } });
  store.decide({ ...hmm, features: {} });
  store.kill({ state: 'HALTED', actor: 'test', reason });
  store.resume({ actor: 'test', reason });
  store.close();
};

const testThread = new URL('controller-thread.mjs', import.meta.url);

it('the gateway keeps old decisions as sums and moves old audit rows out, every ten minutes', async () => {
  const days = { DECISIONS_KEEP_DAYS: '30', AUDIT_KEEP_DAYS: '2' };
  const { config } = await openedRig({ PORT: '0', ...days });
  const { controllerFile: file, dataDir } = config.paths;
  for (const ago of [31, 29, 1]) leaveDecision(file, ago * dayMs, `${ago} days ago`);

  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const gateway = await openGateway(config, quiet, { workerUrl: testThread });
  const folder = auditFolders(dataDir).controller;
  try {
    vi.advanceTimersByTime(10 * 60_000);
    await until('audit rows are moved out', () => existsSync(folder) && readdirSync(folder).length > 0);
  } finally {
    await gateway.stop();
  }

  const store = openStore({ path: file });
  onTestFinished(() => store.close());
  expect(store.decisions({ ...hmm, limit: 10 })).toHaveLength(2);
  expect(store.verifyAudit(folder)).toMatchObject({ ok: true, segments: 1 });
  const reasons = new Set(store.audit({ limit: 100 }).map(({ reason }) => reason));
  expect([reasons.has('29 days ago'), reasons.has('1 days ago')]).toEqual([false, true]);
});
