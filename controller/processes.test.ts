import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { Sqlite } from '../sqlite.ts';
import { breakout, newPath, open, refusal } from './controller.fixture.ts';

const script = fileURLToPath(new URL('./hammer.fixture.ts', import.meta.url));

/** Starts a loaded process; `acknowledged` fills with what it promised. */
const hammer = (path: string, name: string, outcomes: number) => {
  const child = spawn(process.execPath, ['--import', 'tsx', script, path, name, String(outcomes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acknowledged: string[] = [];
  const lines = createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> });
  lines.on('line', (line) => acknowledged.push(line));
  const closed = once(lines, 'close');
  const ended = once(child, 'exit').then(async ([code]) => {
    await closed;
    return code as number | null;
  });
  return { child, acknowledged, ended };
};

const stored = (path: string) => {
  const client = new Sqlite(path, { readonly: true });
  const column = (query: string) => client.prepare(query).pluck().all() as string[];
  const found = {
    decisions: column(`select 'd ' || decision_id from decisions`),
    outcomes: column(`select 'o ' || substr(idempotency_key, 9) from outcomes`),
    counted: column('select total(outcomes) from posteriors')[0],
    learned: column('select learned_count from scopes')[0],
  };
  client.close();
  return found;
};

/** Everything promised is stored, nothing counted twice, and the posterior is what the outcomes say. */
const expectWhole = (path: string, acknowledged: readonly string[]) => {
  const { decisions, outcomes, counted, learned } = stored(path);
  expect(acknowledged.filter((line) => ![...decisions, ...outcomes].includes(line))).toEqual([]);
  expect(new Set(outcomes).size).toBe(outcomes.length);
  expect(counted).toBe(outcomes.length);
  expect(learned).toBe(outcomes.length);
  const controller = open({ path });
  expect(controller.verify(breakout)).toBeLessThan(1e-9);
  controller.close();
};

const acknowledgedLines = async ({ child, acknowledged }: ReturnType<typeof hammer>, count: number) => {
  while (acknowledged.length < count && child.exitCode === null)
    await new Promise((done) => setTimeout(done, 2));
};

describe('several processes over one new store', () => {
  test('lose no update', async () => {
    const path = newPath();
    const processes = ['a', 'b', 'c'].map((name) => hammer(path, name, 60));
    expect(await Promise.all(processes.map(({ ended }) => ended))).toEqual([0, 0, 0]);
    expectWhole(
      path,
      processes.flatMap(({ acknowledged }) => acknowledged),
    );
    expect(stored(path).outcomes).toHaveLength(180);
  }, 60_000);
});

describe('killed at any moment', () => {
  test('nothing acknowledged is lost and nothing counted twice', async () => {
    const path = newPath();
    const promised: string[] = [];
    for (const lines of [1, 4, 9, 30]) {
      const running = hammer(path, `round${lines}`, 10_000);
      await acknowledgedLines(running, lines);
      running.child.kill('SIGKILL');
      expect(await running.ended).toBeNull();
      promised.push(...running.acknowledged);
      expectWhole(path, promised);
    }
    expect(promised.length).toBeGreaterThanOrEqual(44);
  }, 60_000);
});

describe('two connections', () => {
  test('see each other at once: presets, open decisions and what was learned', () => {
    const path = newPath();
    const [one, two] = [open({ path }), open({ path })];
    const asked = { ...breakout, features: { ret: 0.1 } };
    const answer = one.decide(asked);
    expect(two.decide(asked)).toEqual(answer);
    const outcome = { ...breakout, presetId: answer.preset_id, reward: 2, outcomeId: 'o1' };
    expect(one.learn(outcome)).toEqual({ duplicate: false });
    expect(two.learn(outcome)).toEqual({ duplicate: true });
    expect(two.presets(breakout)).toEqual(one.presets(breakout));
  });

  test('give the same odds in the same place', () => {
    const path = newPath();
    const [one, two] = [open({ path }), open({ path })];
    for (let i = 0; i < 20; i++) {
      const teacher = i % 2 === 0 ? one : two;
      teacher.learn({ ...breakout, presetId: 'fast', reward: i, features: { ret: i / 100 } });
    }
    one.decide({ ...breakout, features: { ret: 0.3 } });
    two.decide({ ...breakout, features: { ret: 0.3, colour: 1 } });
    const [second, first] = one.decisions({ limit: 2 });
    expect(second?.decision_id).not.toBe(first?.decision_id);
    expect(second?.odds).toEqual(first?.odds);
  });
});

describe('opening', () => {
  test('keeps what there was', () => {
    const path = newPath();
    const before = open({ path });
    const answer = before.decide({ ...breakout, features: {} });
    before.close();
    expect(open({ path }).decide({ ...breakout, features: {} })).toEqual(answer);
  });

  test('under another domain is refused', () => {
    const path = newPath();
    open({ path, domain: 'research' }).close();
    refusal(() => open({ path }), 'DomainMismatch');
  });
});
