import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sqlite } from '../../sqlite.ts';
import { loadStrategySchemas } from '../../strategy_schemas/load.ts';
import { hmm, open, openWithPresets, refusal, testClock } from '../controller.fixture.ts';
import type { Controller } from '../open.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** More than the newest thousand that stay, two hours apart: 108 days. */
const count = 1_300;
const keepDays = 30;

const time = testClock();
const folder = mkdtempSync(join(tmpdir(), 'autotrain-compaction-'));
const path = join(folder, 'pc.sqlite');
let controller: Controller;
let openPosition: string;
let windowFrom: number;
let before: { decisions: number; outcomes: number; presets: unknown; rewards: number };

const verified = (): number => controller.verify(hmm);
const beforeMs = (): number => time.clock() - keepDays * dayMs;
const compactAll = (mostRows = 500) => {
  const done = [];
  do done.push(controller.compact({ beforeMs: beforeMs(), mostRows }));
  while (done.at(-1)!.more);
  return done;
};

const earn = (i: number): void => {
  const features = { vol: Math.sin(i), ...(i > 200 && { ret: Math.cos(i) }) };
  const { decision_id: decisionId, preset_id: presetId } = controller.decide({ ...hmm, features });
  // Every seventh question earns nothing.
  if (i % 7 !== 0)
    controller.learn({ ...hmm, presetId, decisionId, outcomeId: `o${i}`, reward: 10 * Math.sin(3 * i) });
  if (i % 50 === 1 && i % 7 !== 0)
    controller.reverse({ outcomeId: `o${i}`, actor: 'test', reason: 'booked twice' });
  time.forward(2 * hourMs);
};

beforeAll(() => {
  controller = openWithPresets({ path, clock: time.clock, syncs: 'later', maxPresets: 4 });
  openPosition = controller.decide({ ...hmm, features: { vol: 9 }, positionId: 'p1' }).decision_id;
  for (let i = 1; i <= count + 200; i += 1) earn(i);
  const rewards = controller
    .presets(hmm)
    .reduce((sum, { outcomes, mean_reward: mean }) => sum + outcomes * (mean ?? 0), 0);
  const { decisions, outcomes } = controller.summary();
  before = { decisions, outcomes, presets: controller.presets(hmm), rewards };
}, 120_000);
afterAll(() => {
  controller.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('compaction of decisions and outcomes', () => {
  it('that fails half-way changes nothing', () => {
    const database = new Sqlite(path);
    database.exec(
      "CREATE TRIGGER full BEFORE DELETE ON decisions BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
    );
    expect(() => controller.compact({ beforeMs: beforeMs() })).toThrow(/delete from decisions/);
    database.exec('DROP TRIGGER full');
    database.close();
    expect(controller.summary()).toMatchObject({ decisions: before.decisions, outcomes: before.outcomes });
    expect(controller.dailySums(hmm)).toEqual([]);
    expect(verified()).toBeLessThan(1e-9);
  });

  it('keeps what a window looks at', () => {
    windowFrom = time.clock() - 100 * dayMs;
    expect(windowFrom).toBeLessThan(beforeMs());
    const opened = controller.openWindow({
      ...hmm,
      epsilon: 0.1,
      hours: 24,
      actor: 'test',
      reason: 'to judge',
    });
    expect(opened).toBeDefined();
    const database = new Sqlite(path);
    database.prepare('UPDATE evaluation_windows SET "from" = ?').run(windowFrom);
    compactAll(100);
    const oldest = database
      .prepare('SELECT min(created_at) FROM decisions WHERE position_id IS NULL')
      .pluck();
    expect(oldest.get()).toBeLessThanOrEqual(windowFrom + 2 * hourMs);
    database.prepare('DELETE FROM evaluation_windows').run();
    database.close();
  });

  it('goes piece by piece until only the newest are left, and what the arms know stays, also when it is replayed', () => {
    const pieces = compactAll(100);
    expect(pieces.length).toBeGreaterThan(1);
    expect(Math.max(...pieces.map(({ decisions }) => decisions))).toBeLessThanOrEqual(100);
    expect(controller.presets(hmm)).toEqual(before.presets);
    expect(verified()).toBeLessThan(1e-9);
    expect(controller.summary().outcomes).toBeLessThan(before.outcomes - 100);
    expect(controller.compact({ beforeMs: beforeMs() })).toEqual({ decisions: 0, outcomes: 0, more: false });
  });

  it('leaves sums of days that add up with what is still there', () => {
    const days = controller.dailySums(hmm);
    const sum = (name: 'decisions' | 'outcomes' | 'rewarded') =>
      days.reduce((total, one) => total + one[name], 0);
    expect(sum('decisions') + controller.summary().decisions).toBe(before.decisions);
    expect(sum('rewarded')).toBeLessThan(sum('decisions'));
    const database = new Sqlite(path, { readonly: true });
    const left = database.prepare('SELECT sum(reward) FROM outcomes').pluck().get() as number;
    database.close();
    const gone = days.reduce((total, one) => total + one.reward_sum, 0);
    expect(gone + left).toBeCloseTo(before.rewards, 6);
    expect(days[0]).toMatchObject({ day: '2023-11-14', preset_id: expect.any(String) });
    expect(days.every((one) => one.propensity_sum > 0 && one.propensity_sum <= one.decisions)).toBe(true);
  });

  it('keeps the decision of an open position, and counts an outcome once, however late it comes again', () => {
    expect(controller.decision(openPosition)).toMatchObject({ position_id: 'p1' });
    const oldest = { ...hmm, outcomeId: 'o2', reward: 10 * Math.sin(6) };
    const database = new Sqlite(path, { readonly: true });
    expect(
      database.prepare("SELECT count(*) FROM outcomes WHERE idempotency_key = 'outcome:o2'").pluck().get(),
    ).toBe(0);
    database.close();
    const asked = controller.summary().outcomes;
    refusal(() => controller.learn({ ...oldest, presetId: 'calm' }), 'Conflict');
    expect(controller.summary().outcomes).toBe(asked);
  });

  it('learning goes on, and replaying still agrees; a checkpoint that was touched does not', () => {
    for (let i = 2_001; i < 2_030; i += 1) earn(i);
    expect(verified()).toBeLessThan(1e-9);
    const database = new Sqlite(path);
    const blob = database.prepare('SELECT moment FROM checkpoints').pluck().get() as Buffer;
    blob.writeDoubleLE(blob.readDoubleLE(0) + 1, 0);
    database.prepare('UPDATE checkpoints SET moment = ?').run(blob);
    database.close();
    expect(verified()).toBeGreaterThan(1e-3);
  });

  it('other features make compacted outcomes unknown, and the audit log says how many, once', () => {
    const schema = { ...loadStrategySchemas().get('momentum_breakout')!, strategy: hmm.strategy };
    const options = { path, clock: time.clock, schemas: new Map([[hmm.strategy, schema]]) };
    const said = () => {
      const changed = open(options);
      changed.decide({ ...hmm, features: {} });
      const acts = changed.audit({ limit: 50 }).filter(({ action }) => action === 'forget');
      changed.close();
      return acts;
    };
    const database = new Sqlite(path, { readonly: true });
    const outcomes = database.prepare('SELECT sum(outcomes) FROM checkpoints').pluck().get() as number;
    database.close();
    expect(outcomes).toBeGreaterThan(50);
    for (const acts of [said(), said()])
      expect(acts).toMatchObject([
        { actor: 'controller', target: 'hmm:BTCUSDT', detail: { outcomes }, reason: expect.any(String) },
      ]);
  });
});
