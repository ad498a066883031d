import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TrainAnswer } from '../api/training.ts';
import { awaitedVersion } from '../temporal/promotion-requests.ts';
import { promoteId } from '../workflows/ids.ts';
import type { ServerProcess } from './server-process.ts';
import { openRig, type Rig } from './support/rig.ts';
import { startShortHistoryServer } from './support/short-history.ts';
import { trainAndPass } from './support/trainers.ts';
import { until } from './support/until.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);

let server: ServerProcess;
let rig: Rig;
beforeAll(async () => {
  server = await startShortHistoryServer(temporal.namespace);
  const settings = { SYMBOLS: 'BTC/USDT', AUTO_PROMOTE: 'false' };
  rig = await openRig({ ...temporal, address: server.address }, { settings, trainer: trainAndPass });
  await rig.startTrain();
});
afterAll(async () => {
  await rig.close();
  await server.stop();
});

let requests = 0;
const approve = (versionId: string) =>
  rig.training.decide({ kind: 'approve', actor: 'a test', requestId: `approval-${++requests}`, versionId });

const runIdOf = async () => (await rig.client.workflow.getHandle(promoteId).describe()).runId;

/** Refused, each of them, and none is lost between two runs. */
const refusedAtOnce = async (count: number): Promise<void> => {
  const wrong = Array.from({ length: count }, () => approve('20240101T000000Z__hmm2__00000000'));
  for (const one of await Promise.allSettled(wrong))
    expect(one).toMatchObject({ status: 'rejected', reason: { type: 'NothingAwaitsApproval' } });
};

it('a version that waits long is handed from run to run, until it is approved', async () => {
  rig.land(300);
  const { version_id } = (await rig.training.train({ wait: true })) as TrainAnswer;
  const first = await runIdOf();
  await until('three runs have waited', async () => {
    await refusedAtOnce(4);
    expect(await awaitedVersion(rig.client)).toBe(version_id);
    const history = await rig.client.workflow.getHandle(promoteId).fetchHistory();
    const before = history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
    return before !== '' && before !== first;
  });
  expect((await rig.client.workflow.getHandle(promoteId, first).describe()).status.name).toBe(
    'CONTINUED_AS_NEW',
  );
  expect(await approve(version_id)).toMatchObject({ versionId: version_id, kind: 'promote' });
  expect(rig.ledger.champion()?.versionId).toBe(version_id);
  const { status } = await until('nothing waits any more', async () => {
    const described = await rig.client.workflow.getHandle(promoteId).describe();
    return described.status.name !== 'RUNNING' && described;
  });
  expect(status.name).toBe('COMPLETED');
});
