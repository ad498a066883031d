import { afterEach, describe, expect, test } from 'vitest';
import { loadStrategySchemas } from '../../strategy_schemas/load.ts';
import { breakout, hmm, newPath, open } from '../controller.fixture.ts';
import { ControllerError } from '../errors.ts';
import { openControllerThreads, type ThreadDeps, type ThreadedController } from './client.ts';

const workerUrl = new URL('../../tests/controller-thread.mjs', import.meta.url);
const dyingUrl = new URL('../../tests/dying-controller-thread.mjs', import.meta.url);

let controller: ThreadedController | undefined;
afterEach(async () => {
  await controller?.close();
  controller = undefined;
});

const start = async (path = newPath(), deps: ThreadDeps = {}, domain = 'production') => {
  const opened = await openControllerThreads(
    {
      path,
      domain,
      schemas: loadStrategySchemas(),
      seed: 42,
      epsilon: 0,
      l2: 1,
      maxPresets: 12,
      decisionTtlMs: 900_000,
    },
    { workerUrl, ...deps },
  );
  controller = opened;
  return opened;
};

const register = async (threads: ThreadedController): Promise<void> => {
  for (const presetId of ['calm', 'bold'])
    await threads.register({ ...hmm, presetId, params: { threshold: presetId.length } });
};

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ControllerError);
  return (error as ControllerError).code;
};

describe('many at once', () => {
  test('each has its own answer, and all are on disk when they are answered', async () => {
    const path = newPath();
    const threads = await start(path);
    await register(threads);
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, i) => threads.decide({ ...hmm, features: { ret: i } })),
    );
    const beside = open({ path });
    expect(beside.summary().decisions).toBe(300);
    const stored = [1, 2].flatMap((page) =>
      beside.decisions({ limit: 150, ...(page === 2 ? { cursor: '151' } : {}) }),
    );
    expect(new Set(stored.map(({ decision_id }) => decision_id))).toEqual(
      new Set(answers.map(({ decision_id }) => decision_id)),
    );
    stored.forEach(({ decision_id, features }) =>
      expect(answers[features['ret']!]?.decision_id).toBe(decision_id),
    );
  });

  test('a refusal among them is its own: code and violations come back, the others are stored', async () => {
    const threads = await start();
    await register(threads);
    const outcomes = await Promise.allSettled([
      threads.decide({ ...hmm, features: { ret: 1 } }),
      threads.decide({ ...hmm, features: { ret: 'x' as unknown as number } }),
      threads.register({ ...breakout, presetId: 'wild', params: { stop_atr: 99 } }),
      threads.learn({ ...hmm, presetId: 'calm', reward: 1, outcomeId: 'o1' }),
      threads.learn({ ...hmm, presetId: 'nope', reward: 1 }),
      threads.decide({ ...hmm, features: { ret: 2 } }),
    ]);
    expect(
      outcomes.map((one) => (one.status === 'fulfilled' ? 'stored' : (one.reason as ControllerError).code)),
    ).toEqual(['stored', 'InvalidFeatures', 'OutOfBounds', 'stored', 'UnknownPreset', 'stored']);
    const refused = outcomes[2] as PromiseRejectedResult;
    expect((refused.reason as ControllerError).violations.length).toBeGreaterThan(1);
    expect(await threads.summary()).toMatchObject({ decisions: 2, outcomes: 1 });
    expect(await threads.verify(hmm)).toBeLessThan(1e-9);
  });

  test('more than may wait are refused at once', async () => {
    const threads = await start(newPath(), { mostWaiting: 3 });
    await register(threads);
    const asked = Array.from({ length: 5 }, (_, i) => threads.decide({ ...hmm, features: { ret: i } }));
    const settled = await Promise.allSettled(asked);
    expect(settled.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(await codeOf(asked[4]!)).toBe('Overloaded');
  });
});

test('what was asked before the end is answered', async () => {
  const threads = await start();
  await register(threads);
  const asked = threads.decide({ ...hmm, features: { ret: 1 } });
  await threads.close();
  expect((await asked).preset_id).toMatch(/calm|bold/);
});

test('a store of another domain refuses the start', async () => {
  const path = newPath();
  open({ path, domain: 'research' }).close();
  expect(await codeOf(start(path))).toBe('DomainMismatch');
});

test('a thread that dies is told to those who wait, and the next request starts another', async () => {
  const threads = await start(newPath(), { workerUrl: dyingUrl });
  await register(threads);
  expect(await codeOf(threads.decide({ strategy: 'die', instrument: 'X', features: {} }))).toBe('Overloaded');
  expect((await threads.decide({ ...hmm, features: { ret: 1 } })).preset_id).toMatch(/calm|bold/);
});

test('changed schemas are followed by what is asked afterwards', async () => {
  const threads = await start();
  expect((await threads.decide({ ...breakout, features: {} })).policy_version).toBe('lin_ts/1');
  const schemas = new Map(loadStrategySchemas());
  const schema = schemas.get('momentum_breakout')!;
  schemas.set('momentum_breakout', { ...schema, version: schema.version + 1 });
  const recorded = threads.useSchemas(schemas);
  expect((await threads.decide({ ...breakout, features: {} })).policy_version).toBe('lin_ts/2');
  await recorded;
  await threads.useSchemas(new Map(schemas));
  expect(await threads.audit({ limit: 10 })).toEqual([
    expect.objectContaining({ action: 'schema', target: 'momentum_breakout' }),
  ]);
});
