import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { key, openStrict, timeOf } from '../activities/strict/strict.fixture.ts';
import { pruneVersions } from '../registry/prune.ts';
import { checkDispositions } from '../tests/support/disposition-checker.ts';
import { lineageCommand } from './lineage.ts';

type Strict = ReturnType<typeof openStrict>;

const ask = ({ env }: Strict, ...words: string[]) => {
  const { code, text } = lineageCommand([...words, '--json'], env);
  return { code, ...(JSON.parse(text) as Record<string, unknown>) };
};

const begin = (strict: Strict) => ask(strict, 'new', '--series', key, '--reason', 'another market');

const addUp = ({ paths }: Strict) => {
  const { problems, counts } = checkDispositions(paths);
  expect(problems).toEqual([]);
  return counts;
};

/** Three retrains: 400, 500 and 600 candles. */
const trained = async (settings: Record<string, string> = {}) => {
  const strict = openStrict({ pass: true, settings });
  const versions: string[] = [];
  for (const [from, to] of [
    [0, 400],
    [400, 500],
    [500, 600],
  ] as const) {
    strict.land(from, to);
    versions.push((await strict.retrain()).version!.versionId);
  }
  return { strict, versions };
};

const straightHead = async (candles: number): Promise<Record<string, unknown>> => {
  const straight = openStrict();
  straight.land(0, candles);
  await straight.retrain();
  return { ...straight.head() };
};

describe('lineage new', () => {
  it.each(['false', 'true'])(
    'begins with a genesis on all that is stored, on disk or in the archive alone (DELETE_AFTER_PROCESS=%s)',
    async (deletes) => {
      const { strict, versions } = await trained({ DELETE_AFTER_PROCESS: deletes });
      expect(begin(strict)).toMatchObject({
        code: 0,
        ok: true,
        candles: 600,
        lineage: { lineage: `${key}#2` },
      });
      const { version } = await strict.retrain();
      expect(version?.parentVersionId, 'the champion serves on until the candidate beats it').toBe(
        versions[2],
      );
      const { lineage, labels, ...head } = strict.head();
      expect(lineage).toBe(`${key}#2`);
      expect(labels?.fresh, 'its states are those of the champion').toEqual([false, false]);
      const { lineage: _, labels: __, ...straight } = await straightHead(600);
      expect(head).toEqual(straight);
      expect(addUp(strict)).toEqual({ trained: 1200 });
      expect(strict.ledger.bars(strict.config.series[0]!), 'no candle is counted twice').toBe(600);
      expect(begin(strict), 'and once more').toMatchObject({ ok: true, candles: 600 });
      await strict.retrain();
      expect(addUp(strict)).toEqual({ trained: 1800 });
    },
  );

  it('twice before a retrain, or rewound after it, gives no candle back twice', async () => {
    const { strict, versions } = await trained({ DELETE_AFTER_PROCESS: 'true' });
    begin(strict);
    begin(strict);
    expect(strict.ledger.fileCounts()).toMatchObject({ downloaded: 1, deleted: 3 });
    ask(strict, 'rewind', '--series', key, '--to', versions[1]!);
    await strict.retrain();
    expect(strict.head().trainedRanges).toEqual([{ fromMs: timeOf(0), toMs: timeOf(599) }]);
    const { trained: once, duplicate } = addUp(strict);
    expect(
      { once, duplicate },
      'both restored copies of the last hundred; all of the first waited too',
    ).toEqual({
      once: 600 + 600,
      duplicate: 500 + 100,
    });
  });

  it('is audited with actor and reason', async () => {
    const { strict } = await trained();
    begin(strict);
    expect(strict.ledger.auditTrail({ limit: 1 })).toMatchObject([
      {
        ...{ actor: expect.stringMatching(/^cli:/), action: 'lineage.new', subject: `${key}#2` },
        detail: { reason: 'another market', from: `${key}#1`, to: null },
      },
    ]);
  });

  it('is refused while a claim on the series is open', async () => {
    const { strict } = await trained();
    strict.land(600, 650);
    const run = strict.newRun();
    const { claimId } = await run(() => strict.role().claimFiles());
    expect(begin(strict)).toMatchObject({
      ...{ code: 1, ok: false },
      reason: expect.stringMatching(/is being trained: claim \d+ of retrain:regimes is open/),
    });
    expect(strict.ledger.lineages()).toHaveLength(1);
    await run(() => strict.role().giveBack({ claimId, countAttempt: false }));
    expect(begin(strict)).toMatchObject({ ok: true, candles: 600 });
  });

  it('may have another number of states', async () => {
    const { strict } = await trained({ TRAIN_MIN_POINTS: '400' });
    begin(strict);
    expect((await strict.retrain({ nStates: 3 })).version).toMatchObject({ nStates: 3 });
  });

  it('gives strict mode the candles that sliding mode trained on before', async () => {
    const strict = openStrict({ settings: { EXACTLY_ONCE: 'false' } });
    strict.land(0, 400);
    await strict.retrain();
    strict.configure({ EXACTLY_ONCE: 'true' });
    strict.land(400, 430);
    expect((await strict.retrain()).left).toMatchObject([
      { reason: expect.stringMatching(/lineage -- new/) },
    ]);
    expect(begin(strict)).toMatchObject({ ok: true, requeuedFiles: 1, candles: 400 });
    expect((await strict.retrain()).version).toBeDefined();
    expect(strict.head().trainedRanges).toEqual([{ fromMs: timeOf(0), toMs: timeOf(429) }]);
    expect(addUp(strict)).toEqual({ trained: 430 });
  });
});

describe('lineage rewind', () => {
  it.each(['false', 'true'])(
    'goes on from the head of that version, with the candles since given back (DELETE_AFTER_PROCESS=%s)',
    async (deletes) => {
      const { strict, versions } = await trained({ DELETE_AFTER_PROCESS: deletes });
      expect(ask(strict, 'rewind', '--series', key, '--to', versions[0]!)).toMatchObject({
        ...{ ok: true, candles: 200 },
        lineage: { lineage: `${key}#2`, branchOf: `${key}#1`, headVersionId: versions[0], nStates: 2 },
      });
      expect((await strict.retrain()).version).toBeDefined();
      const { lineage: _, ...head } = strict.head();
      const { lineage: __, ...straight } = await straightHead(600);
      expect(head, 'the same candles again make the same state').toEqual(straight);
      expect(addUp(strict), 'the branch inherits 400 and trains 200').toEqual({ trained: 1200 });
    },
  );

  it('never lost its head to pruning', async () => {
    const { strict, versions } = await trained();
    ask(strict, 'rewind', '--series', key, '--to', versions[0]!);
    pruneVersions({ ledger: strict.ledger, modelsDir: strict.modelsDir, keep: 1 });
    expect(strict.ledger.version(versions[0]!)?.prunedAt).toBeNull();
    expect((await strict.retrain()).version).toBeDefined();
  });

  it('is refused to a version that is not known, or that is gone', async () => {
    const { strict, versions } = await trained();
    const unknown = '20240101T000000Z__hmm2__00000000';
    expect(ask(strict, 'rewind', '--series', key, '--to', unknown)).toMatchObject({ code: 1 });
    rmSync(join(strict.modelsDir, 'registry', versions[0]!), { recursive: true });
    expect(ask(strict, 'rewind', '--series', key, '--to', versions[0]!)).toMatchObject({ code: 1 });
    expect(strict.ledger.lineages()).toHaveLength(1);
  });
});

describe('lineage', () => {
  it('lists them, the one that learns marked', async () => {
    const { strict, versions } = await trained();
    begin(strict);
    expect(ask(strict, 'list')).toMatchObject({
      lineages: [
        { lineage: `${key}#1`, headVersionId: versions[2], active: false },
        { lineage: `${key}#2`, headVersionId: null, active: true },
      ],
    });
    expect(lineageCommand(['list'], strict.env).text).toMatch(
      /^ {2}.*#1 .*\n\* .*#2 .*waits for its genesis$/,
    );
  });

  it('says how it is used', () => {
    const { env } = openStrict();
    for (const words of [
      [],
      ['burn'],
      ['new'],
      ['new', '--series', key],
      ['rewind', '--series', 'x', '--to', 'y'],
    ])
      expect(lineageCommand(words, env)).toMatchObject({ code: 2, text: expect.stringMatching(/usage: /) });
  });
});
