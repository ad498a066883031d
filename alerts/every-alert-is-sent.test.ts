import { afterEach, describe, expect, it } from 'vitest';
import { refusedGates, type VersionMetadata } from '../activities/version-metadata.ts';
import { deliverAlerts } from '../activities/watch/deliver-alerts.ts';
import type { WatchDeps } from '../activities/watch/watch-deps.ts';
import { diskSpace } from '../health/disk.ts';
import { viewLoop } from '../health/loop-view.ts';
import { loopKinds, loopProblems } from '../health/problems.ts';
import { openFresh } from '../ledger/fresh.fixture.ts';
import { btc, genesisMs, hourMs, land, run1, versionNamed } from '../ledger/ledger.fixture.ts';
import { seriesKey } from '../series.ts';
import { startReceiver } from '../tests/support/webhook-receiver.ts';
import type { AlertMessage } from './message.ts';
import type { AlertFormat } from './webhook.ts';

let stop: () => void = () => undefined;
afterEach(() => stop());

const series = [seriesKey(btc)];
const sender = { domain: 'production', namespace: 'default', uiUrl: 'http://ui:8233' };
const limits = {
  staleCandles: 5,
  emptyRuns: 3,
  diskFreeBytes: 0,
  clockSkewMs: 5_000,
  routineMs: { audit: 172_800_000, janitor: 3_600_000, snapshot: 172_800_000 },
};

type There = ReturnType<typeof openFresh>;

/** A version of one file, of which the gate refused a series. */
const commit = (there: There, number: number): string => {
  land(there, { from: 2 * number, count: 2 });
  const run = { ...run1, runId: `run-${number}` };
  const { claimId } = there.ledger.claim({ ...run, leaseMs: 60_000, series });
  const version = versionNamed(number);
  const gates = { [series[0]!]: { decision: 'refuse', reason: 'no better' } };
  const alerts = refusedGates({ version_id: version.versionId, gates } as unknown as VersionMetadata);
  there.ledger.commitVersion({ ...run, claimId, version, dispositions: [], alerts });
  return version.versionId;
};

/** What the watch finds once a minute. */
const watch = ({ ledger, clock, dataDir }: There): void => {
  const disks = diskSpace([{ name: 'data', root: dataDir }]);
  const view = viewLoop({ ledger, series: [btc], disks, isReplay: false, now: () => clock.now });
  const found = loopProblems(view, limits);
  ledger.observeConditions({ kinds: loopKinds, found, settleMs: 0, run: run1 });
};

/** Each thing that people are told of, brought about as the loop does it. */
const bringAbout = (there: There): void => {
  const { ledger, clock } = there;
  clock.now = genesisMs + 8 * hourMs;
  const [first, second] = [commit(there, 1), commit(there, 2)];
  const by = { actor: 'test', reason: 'better', run: run1 };
  ledger.promote({ ...by, versionId: first, kind: 'promote', requestId: 'one' });
  ledger.promote({ ...by, versionId: second, kind: 'promote', requestId: 'two' });
  ledger.promote({ ...by, versionId: first, kind: 'rollback', requestId: 'three' });
  const { fileId } = land(there, { from: 6, count: 2 });
  ledger.quarantine({ fileId, reason: 'its hash differs' });
  for (const runId of ['a', 'b', 'c']) ledger.claim({ ...run1, runId, leaseMs: 1_000, series });
  clock.now += 20 * hourMs;
  watch(there);
  ledger.killTraining({ actor: 'test', reason: 'something smells', cause: 'hand' });
};

const wanted = ['empty_runs', 'gate_failure', 'kill', 'promotion', 'quarantine', 'rollback', 'stale'];

/** All posted bodies. */
const send = async (format: AlertFormat): Promise<readonly unknown[]> => {
  const there = openFresh();
  const receiver = await startReceiver();
  stop = receiver.stop;
  bringAbout(there);
  const deps = { ledger: there.ledger, watch: { webhook: { url: receiver.url, format }, sender } };
  const delivery = await deliverAlerts(deps as unknown as WatchDeps);
  expect(delivery).toMatchObject({ postponed: 0, givenUp: 0 });
  expect(there.ledger.alertCounts()).toEqual({ waiting: 0, givenUp: 0 });
  expect(await deliverAlerts(deps as unknown as WatchDeps)).toMatchObject({ delivered: 0 });
  return receiver.bodies;
};

describe('promotion, rollback, gate failure, kill, staleness, empty runs and quarantine are sent', () => {
  it('as JSON of one schema, each once', async () => {
    const sent = (await send('json')) as AlertMessage[];
    expect(new Set(sent.map(({ kind }) => kind))).toEqual(new Set(wanted));
    for (const message of sent)
      expect(message).toEqual({
        ...{ schema: 'autotrain-alert/1', id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
        ...{ kind: message.kind, severity: expect.stringMatching(/^(info|warning|critical)$/) },
        ...{ status: expect.stringMatching(/^(event|firing)$/), subject: expect.any(String) },
        ...{ message: expect.any(String), count: expect.any(Number), atMs: expect.any(Number) },
        ...{ domain: 'production', link: message.link, detail: message.detail },
      });
    expect(new Set(sent.map(({ id }) => id)).size).toBe(sent.length);
  });

  it.each(['slack', 'telegram'] as const)('as a line that %s shows', async (format) => {
    const sent = (await send(format)) as { text: string }[];
    const kinds = sent.map(({ text }) => /^[A-Z]+ \[production\] (\w+) /.exec(text)?.[1]);
    expect(new Set(kinds)).toEqual(new Set(wanted));
    const keys = format === 'slack' ? ['text'] : ['text', 'disable_web_page_preview'];
    for (const body of sent) expect(Object.keys(body)).toEqual(keys);
  });
});
