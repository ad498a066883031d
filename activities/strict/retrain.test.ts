import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Candle } from '../../exchange/exchange.ts';
import { newestCandles } from '../../ledger/candle-store.ts';
import { landLook } from '../../ledger/correction-landing.ts';
import { importAll } from '../../ledger/import/import-all.ts';
import { Crash, crashAt } from '../../ledger/ledger.fixture.ts';
import { readVersion } from '../../registry/store.ts';
import { checkDispositions } from '../../tests/support/disposition-checker.ts';
import type { VersionMetadata } from '../version-metadata.ts';
import { btc, key, openStrict, timeOf } from './strict.fixture.ts';

type Strict = ReturnType<typeof openStrict>;

/** What the independent checker adds up: candles by disposition. */
const addUp = ({ paths }: Strict): Readonly<Record<string, number>> => {
  const { problems, counts } = checkDispositions(paths);
  expect(problems).toEqual([]);
  return counts;
};

const metadataOf = ({ modelsDir }: Strict, versionId: string) =>
  readVersion(modelsDir, versionId).metadata as unknown as VersionMetadata;

const lineageOf = ({ ledger }: Strict) => ledger.activeLineage(key);

describe('a retrain in strict mode', () => {
  it('waits for TRAIN_MIN_POINTS candles and gives fewer back without counting an attempt', async () => {
    const strict = openStrict();
    strict.land(0, 299);
    const { left } = await strict.retrain();
    expect(left).toMatchObject([
      {
        type: 'NotEnoughData',
        reason: expect.stringMatching(/^299 candles for the genesis .* TRAIN_MIN_POINTS is 300/),
      },
    ]);
    expect(strict.ledger.files({ limit: 9 })).toMatchObject([{ status: 'downloaded', attempts: 0 }]);
    expect(lineageOf(strict)).toBeUndefined();
    strict.land(299, 300);
    const { version } = await strict.retrain();
    expect(version).toMatchObject({ passed: [key], nStates: 2 });
    expect(addUp(strict)).toEqual({ trained: 300 });
    expect(lineageOf(strict)).toMatchObject({
      ...{ lineage: `${key}#1`, headVersionId: version?.versionId, nStates: 2 },
    });
  });

  it('needs MIN_NEW_CANDLES after that', async () => {
    const strict = openStrict();
    strict.land(0, 400);
    await strict.retrain();
    strict.land(400, 423);
    expect((await strict.retrain()).left).toMatchObject([
      { type: 'NotEnoughData', reason: '23 new candles, MIN_NEW_CANDLES is 24' },
    ]);
    strict.land(423, 424);
    expect((await strict.retrain()).version).toBeDefined();
    expect(addUp(strict)).toEqual({ trained: 424 });
  });

  it('makes the same head of the same candles, whatever the files and the retrains were', async () => {
    const heads = [];
    for (const cuts of [[900], [300, 900], [310, 430, 431, 700, 900], [150, 299, 555, 900]]) {
      const strict = openStrict();
      let from = 0;
      for (const to of cuts) {
        strict.land(from, to);
        from = to;
        await strict.retrain();
      }
      expect(addUp(strict)).toEqual({ trained: 900 });
      heads.push(JSON.stringify(strict.head()));
    }
    expect(new Set(heads).size).toBe(1);
  }, 60_000);

  it('trains on the claimed files and never on the archive: one that cannot be read costs the baselines alone', async () => {
    const strict = openStrict({ settings: { DELETE_AFTER_PROCESS: 'true' } });
    strict.land(0, 400);
    await strict.retrain();
    const archive = join(strict.dataDir, 'archive', 'binance', 'BTC-USDT', '1m');
    const months = readdirSync(archive);
    expect(months.length).toBeGreaterThan(0);
    for (const month of months) writeFileSync(join(archive, month), 'no candles at all\n');
    strict.land(400, 500);
    const run = strict.newRun();
    const { claimId } = await run(() => strict.role().claimFiles());
    const outcome = await run(() => strict.role().trainSeries({ claimId, series: key }));
    expect(outcome).toMatchObject({ nStates: 2 });
    const commit = { claimId, trained: [outcome], left: [], request: {} };
    const { versionId } = await run(() => strict.role().commitVersion(commit));
    const { evaluation, warnings } = metadataOf(strict, versionId);
    expect(evaluation).toEqual({});
    expect(warnings[key]).toEqual([
      expect.stringMatching(/^not compared with baselines: .* differs from its hash in the ledger/),
    ]);
  });

  it.each([
    ['CSV files', {}],
    ['the archive', { DELETE_AFTER_PROCESS: 'true' }],
  ])('compares every version with baselines on its own later candles, fitted on %s', async (_, settings) => {
    const strict = openStrict({ settings });
    const judged = [];
    for (const [from, to] of [
      [0, 500],
      [500, 620],
      [620, 700],
    ] as const) {
      strict.land(from, to);
      const { version } = await strict.retrain({ promote: from === 0 });
      const { evaluation, warnings } = metadataOf(strict, version!.versionId);
      expect(warnings[key]).toEqual([]);
      judged.push(evaluation[key]!.judgement);
    }
    // Genesis looks at 300 candles, of which it keeps 60 for this.
    expect(judged.map(({ candles }) => candles)).toEqual([60, 120, 80]);
    const rivals = ['oneState', 'iidMixture', 'ewma', 'garch'];
    expect(judged.map((one) => Object.keys(one.rivals))).toEqual([
      rivals,
      [...rivals, 'previous'],
      [...rivals, 'previous'],
    ]);
    expect(new Set(judged.map((one) => one.rivals.ewma?.joint)).size).toBe(3);
    expect(new Set(judged.map(({ model }) => model.joint)).size).toBe(3);
  });

  it('the head learns on although its candidate is refused, and after a rollback', async () => {
    const strict = openStrict({ pass: true });
    strict.land(0, 400);
    const first = await strict.retrain();
    strict.land(400, 500);
    const second = await strict.retrain();
    strict.promote(first.version!.versionId, 'rollback');
    strict.land(500, 600);
    const third = await strict.retrain({ promote: false });
    expect(third.version?.parentVersionId).toBe(first.version?.versionId);
    expect(lineageOf(strict)?.headVersionId).toBe(third.version?.versionId);
    expect(strict.head().online.lastBar).toBe(timeOf(599) / 60_000);
    expect(addUp(strict)).toEqual({ trained: 600 });
    expect(second.version?.parentVersionId).toBe(first.version?.versionId);
    const straight = openStrict();
    straight.land(0, 600);
    await straight.retrain();
    expect(JSON.stringify(strict.head())).toBe(JSON.stringify(straight.head()));
  });

  it('a candidate that is not promoted leaves the champion as it serves, and the comparison goes on', async () => {
    const strict = openStrict({ settings: { PROMOTION_MIN_CANDLES: '500' } });
    strict.land(0, 400);
    const first = await strict.retrain();
    const modelOf = (id: string) =>
      JSON.parse(readFileSync(join(strict.modelsDir, 'registry', id, 'model.json'), 'utf8')).series[key];
    for (const [from, to] of [
      [400, 500],
      [500, 700],
    ] as const) {
      strict.land(from, to);
      const { version } = await strict.retrain();
      expect(version).toMatchObject({ passed: [], message: expect.stringMatching(/insufficient evidence/) });
      expect(modelOf(version!.versionId)).toEqual(modelOf(first.version!.versionId));
      const metadata = JSON.parse(
        readFileSync(join(strict.modelsDir, 'registry', version!.versionId, 'metadata.json'), 'utf8'),
      );
      expect(metadata.lineages[key]).toMatchObject({ lineage: `${key}#1`, compared_candles: to - 400 });
      expect(metadata.dispositions).toMatchObject({ claimed: to - from, trained: to - from });
    }
  });

  it('keeps its number of states: another one is refused and the files go back', async () => {
    const strict = openStrict();
    strict.land(0, 400);
    await strict.retrain();
    strict.land(400, 500);
    const { left } = await strict.retrain({ nStates: 3 });
    expect(left).toMatchObject([
      { type: 'LineageFixed', reason: expect.stringMatching(/has 2 states .* 3 were asked/) },
    ]);
    expect(strict.ledger.fileCounts()).toMatchObject({ downloaded: 1, quarantined: 0 });
    expect(strict.ledger.files({ status: 'downloaded', limit: 9 })).toMatchObject([{ attempts: 0 }]);
    expect((await strict.retrain({ nStates: 2 })).version).toBeDefined();
  });

  it('goes on with the states of its genesis when HMM_STATES changes, and says so', async () => {
    const strict = openStrict();
    strict.land(0, 400);
    await strict.retrain();
    strict.configure({ HMM_STATES: '3' });
    strict.land(400, 500);
    const { version } = await strict.retrain();
    expect(version).toMatchObject({
      nStates: 2,
      message: expect.stringMatching(/goes on with 2 states; HMM_STATES=3 counts/),
    });
  });
});

describe('each stored candle has one disposition', () => {
  it('files that overlap: the later fetched copy is trained, the earlier ones are duplicates', async () => {
    const strict = openStrict();
    strict.land(0, 350);
    strict.land(340, 400);
    strict.land(380, 420, { copy: 1 });
    const { version } = await strict.retrain();
    expect(version).toBeDefined();
    expect(addUp(strict)).toEqual({ trained: 420, duplicate: 30 });
  });

  it('delivered twice, corrected late, or older than what was trained: counted, never trained', async () => {
    const strict = openStrict();
    strict.land(100, 500, { without: [200, 201] });
    await strict.retrain();
    const before = JSON.stringify(strict.head().trainedRanges);
    strict.land(150, 160);
    strict.land(300, 310, { copy: 1 });
    strict.land(50, 100);
    strict.land(195, 205);
    expect((await strict.retrain()).left, 'nothing of it is new').toMatchObject([{ type: 'NotEnoughData' }]);
    strict.land(500, 530);
    await strict.retrain();
    expect(addUp(strict)).toEqual({ trained: 428, duplicate: 18, corrected_late: 10, skipped_late: 52 });
    expect(JSON.stringify(strict.head().trainedRanges.slice(0, 1))).toBe(
      JSON.stringify(JSON.parse(before).slice(0, 1)),
    );
    const straight = openStrict();
    straight.land(100, 530, { without: [200, 201] });
    await straight.retrain();
    expect(JSON.stringify(strict.head()), 'the head is as if it had never seen them').toBe(
      JSON.stringify(straight.head()),
    );
  });

  it('tells a correction from a second delivery also when the archive alone has the copy', async () => {
    const strict = openStrict({ settings: { DELETE_AFTER_PROCESS: 'true' } });
    strict.land(0, 400);
    await strict.retrain();
    expect(strict.ledger.fileCounts()).toMatchObject({ deleted: 1 });
    strict.land(10, 20);
    strict.land(20, 30, { copy: 1 });
    strict.land(400, 430);
    await strict.retrain();
    expect(addUp(strict)).toEqual({ trained: 430, duplicate: 10, corrected_late: 10 });
  });

  it.each(['version:written', 'version:renamed', 'version:synced', 'version:committed'])(
    'a crash at %s: the next attempt of the run completes the same version, nothing counts twice',
    async (point) => {
      const strict = openStrict();
      strict.land(0, 400);
      await strict.retrain();
      strict.land(400, 500);
      const run = strict.newRun();
      const { claimId } = await run(() => strict.role().claimFiles());
      const trained = [await run(() => strict.role().trainSeries({ claimId, series: key }))];
      const commit = () =>
        run(() => strict.role().commitVersion({ claimId, trained, left: [], request: {} }));
      strict.setCrash(crashAt(point));
      await expect(commit()).rejects.toThrow(Crash);
      strict.setCrash(undefined);
      const { versionId } = await commit();
      expect(lineageOf(strict)?.headVersionId).toBe(versionId);
      expect(addUp(strict)).toEqual({ trained: 500 });
      expect((await commit()).versionId).toBe(versionId);
      expect(addUp(strict)).toEqual({ trained: 500 });
    },
  );

  it('a head that was altered is refused', async () => {
    const strict = openStrict();
    strict.land(0, 400);
    const { version } = await strict.retrain();
    const file = join(strict.modelsDir, 'registry', version!.versionId, 'heads.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"absorbed":', '"absorbed":1'));
    strict.land(400, 500);
    expect((await strict.retrain()).left).toMatchObject([{ type: 'ModelCorrupt' }]);
  });
});

describe('a file that went bad after it was trained', () => {
  const putAside = async () => {
    const strict = openStrict();
    const { ledger, dataDir } = strict;
    const path = join(dataDir, 'outside.csv');
    const other = openStrict();
    cpSync(join(other.dataDir, other.land(0, 400).path), path);
    const place = { ledger, dataDir, landing: 'incoming', series: btc, actor: 'test' };
    const options = { strict: true, overGap: false, dryRun: false, nowMs: Date.now() };
    const importIt = () => importAll(place, [path], options);
    importIt();
    strict.setCrash(crashAt('month:unsynced'));
    await expect(strict.retrain()).rejects.toThrow(Crash);
    strict.setCrash(undefined);
    const csv = join(dataDir, ledger.files({ limit: 1 })[0]!.path);
    const bytes = readFileSync(csv);
    rmSync(csv);
    strict.land(400, 430);
    await strict.retrain();
    expect(ledger.fileCounts()).toMatchObject({ quarantined: 1 });
    expect(ledger.gapTotals()).toEqual([{ series: key, gaps: 1, missing: 400 }]);
    return { ...strict, bytes, importIt, before: JSON.stringify(strict.head().trainedRanges) };
  };
  const comeBackAndRetrain = async (strict: Awaited<ReturnType<typeof putAside>>, comeBack: () => void) => {
    comeBack();
    const { ledger, dataDir } = strict;
    expect(ledger.gaps()).toEqual([]);
    expect(newestCandles({ ledger, dataDir, series: btc, count: 999 }).openTimeMs).toHaveLength(430);
    strict.land(430, 460);
    expect((await strict.retrain()).version).toBeDefined();
    expect(strict.head().trainedRanges).toEqual([{ ...JSON.parse(strict.before)[0], toMs: timeOf(459) }]);
    expect(ledger.fileCounts()).toMatchObject({ downloaded: 0, processing: 0 });
  };

  it('comes back from the exchange as a correction that is too late: nothing of it is trained again', async () => {
    const strict = await putAside();
    const candles = strict.bytes.toString().trim().split('\n').slice(1);
    const changes = candles.map((line) => {
      const [openTimeMs, ...cells] = line.split(',');
      const candle = [Number(openTimeMs), ...cells] as unknown as Candle;
      return { openTimeMs: candle[0], kind: 'appeared' as const, candle };
    });
    const cover = { fromMs: timeOf(0), toMs: timeOf(399) };
    await comeBackAndRetrain(strict, () =>
      landLook({
        ...{ ledger: strict.ledger, dataDir: strict.dataDir, landing: 'incoming', series: btc, cover },
        ...{ expectedRevision: strict.ledger.revision(btc), missing: [], answeredAt: Date.now(), changes },
        given: changes.map(({ openTimeMs }) => openTimeMs),
      }),
    );
    expect(addUp(strict)).toEqual({ trained: 460, corrected_late: 400 });
  });

  it('comes back by an import as what it was: processed', async () => {
    const strict = await putAside();
    await comeBackAndRetrain(strict, () =>
      expect(strict.importIt()).toMatchObject([{ stored: 400, files: 1 }]),
    );
    expect(addUp(strict)).toEqual({ trained: 460 });
    expect(strict.ledger.fileCounts()).toMatchObject({ quarantined: 0 });
  });

  it('is trained by a lineage that begins after it was put aside', async () => {
    const strict = await putAside();
    const { ledger } = strict;
    ledger.startLineage({ series: key, actor: 'test', reason: 'test', requeue: [], restored: [] });
    strict.importIt();
    expect(ledger.fileCounts()).toMatchObject({ quarantined: 0, downloaded: 1 });
  });
});
