import { expect, it } from 'vitest';
import type { TrainingKill } from '../ledger/training-kills.ts';
import { appWith, settings } from './app.fixture.ts';
import { createLoopState, silentAfterMs } from './loop-state.ts';

const kill: TrainingKill = {
  ...{ seq: 1, cause: 'c', actor: 'ann', reason: 'it drifts', pinnedVersionId: null, at: 5 },
  ...{ resumedAt: null, resumedBy: null, resumeReason: null },
};

/** A loop in which everything is wrong. */
const broken = () => {
  const { ledger } = appWith().deps;
  const bad = {
    ...ledger,
    trainingKill: () => kill,
    claimAttempts: () => ({ newest: undefined, emptyInARow: 3 }),
    conditions: () => [
      // The second is looked for here, and is over.
      ...(['unknown_symbol', 'disk_low', 'archive_failed'] as const).map((kind) => ({
        ...{ kind, subject: 'a', severity: 'critical' as const, message: 'gone' },
        ...{ since: 1, seenAt: 1, clearSince: null },
      })),
    ],
  };
  const startedAtMs = Date.now() - silentAfterMs - 60_000;
  return appWith({ ledger: bad, loop: createLoopState({ ledger: bad, settings, startedAtMs }) });
};

const kinds = ['archive_failed', 'empty_runs', 'kill', 'stale', 'stale', 'unknown_symbol', 'watch_silent'];

it('/health stays ok and names each problem; a ledger that cannot be read is one of them', async () => {
  const body = (await (await broken().app.request('/health')).json()) as { problems: { kind: string }[] };
  expect(body).toMatchObject({ status: 'ok', training: { state: 'KILLED', actor: 'ann', since_ms: 5 } });
  expect(body.problems.map(({ kind }) => kind).sort()).toEqual(kinds);
  const well = appWith();
  expect((await (await well.app.request('/health')).json()) as object).toMatchObject({
    training: { state: 'ACTIVE', promotions_held_until_ms: null },
  });
});

it('/metrics has each of it under a name with its unit', async () => {
  const text = await (await broken().app.request('/metrics')).text();
  const value = (name: string) =>
    text.match(new RegExp(`^${name.replaceAll(/[{}"]/g, '\\$&')} (.+)$`, 'm'))?.[1];
  expect(value('autotrain_problems{kind="stale"}')).toBe('2');
  expect(value('autotrain_empty_retrains')).toBe('3');
  expect(value('autotrain_training_killed')).toBe('1');
  expect(Number(value('autotrain_disk_free_bytes{root="models"}'))).toBeGreaterThan(0);
  expect(Number(value('autotrain_watch_age_seconds'))).toBeGreaterThan(300);
  expect(Number(value('autotrain_watermark_age_candles{series="binance:BTC/USDT:1h"}'))).toBeGreaterThan(
    1_000,
  );
});

it('/metrics has the disks that the watch found, and measures its own where the watch is silent', async () => {
  const { ledger } = appWith().deps;
  const backup = { name: 'snapshots', root: '/backup', device: 9, freeBytes: 7, totalBytes: 9 };
  const textWith = async (ageMs: number) => {
    const found = { name: 'disks', value: 7, detail: [backup], updatedAt: Date.now() - ageMs };
    const watched = {
      ...ledger,
      reading: (name: string) => (name === 'disks' ? found : undefined),
    };
    const loop = createLoopState({ ledger: watched, settings });
    return (await appWith({ ledger: watched, loop }).app.request('/metrics')).text();
  };
  expect(await textWith(1_000)).toContain('autotrain_disk_free_bytes{root="snapshots"} 7');
  const own = await textWith(silentAfterMs + 1_000);
  expect(own).toContain('autotrain_disk_free_bytes{root="data"}');
  expect(own).not.toContain('root="snapshots"');
});
