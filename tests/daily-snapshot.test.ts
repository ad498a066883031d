import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listSnapshots } from '../snapshots/retention.ts';
import { verifySnapshot } from '../snapshots/verify.ts';
import { snapshotId, taskQueues } from '../workflows/ids.ts';
import type { SnapshotResult } from '../workflows/types.ts';
import { openRig, type Rig } from './support/rig.ts';
import { trainAndPass } from './support/trainers.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
let rig: Rig;

beforeEach(async () => {
  rig = await openRig(temporal, { settings: { SNAPSHOT_KEEP: '2' }, trainer: trainAndPass });
  await rig.startTrain();
});
afterEach(() => rig.close());

const run = (): Promise<SnapshotResult> =>
  rig.client.workflow.execute('snapshot', { workflowId: snapshotId, taskQueue: taskQueues.train, args: [] });

it('backs the trained state up, in a thread, and keeps SNAPSHOT_KEEP', async () => {
  rig.land(300);
  const { version_id: version } = await rig.client.workflow.execute('retrain', {
    ...{ workflowId: 'retrain:regimes', taskQueue: taskQueues.train, args: [{}] },
  });
  const first = await run();
  expect(first).toMatchObject({ champion: version, versions: 1, missing: 0, removed: 0 });
  expect(rig.ledger.reading('snapshot')).toMatchObject({ value: 0 });
  const { dir } = rig.config.snapshots;
  expect(verifySnapshot(dir, first.name)).toMatchObject({ ok: true, files: first.files, bytes: first.bytes });
  await run();
  expect(await run()).toMatchObject({ removed: 1 });
  expect(listSnapshots(dir)).toHaveLength(2);
  rmSync(path.join(rig.config.paths.modelsDir, 'registry'), { recursive: true });
  await expect(run()).rejects.toMatchObject({ cause: { cause: { type: 'SnapshotDamaged' } } });
});
