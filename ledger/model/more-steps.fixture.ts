import { expect } from 'vitest';
import { type Series, seriesKey } from '../../series.ts';
import type { Disposition } from '../dispositions.ts';
import { btc, versionNamed } from '../ledger.fixture.ts';
import type { HeadMove } from '../lineage-rows.ts';
import type { PlainClaim, PlainFile, PlainLedger } from './plain-claims.fixture.ts';
import {
  activeLineage,
  championOf,
  championStack,
  type Honesty,
  lineageName,
  newCandles,
  plain,
} from './plain-ledger.fixture.ts';
import { allSeries, codeOr, newer, pick, type Real, type Step, watermarkOf } from './steps.fixture.ts';

const fileIdOf = (series: string, from: number, to: number, copy: number): string =>
  `${series}-${from}-${to}-${copy}`;

const plainFile = (series: string, from: number, to: number, copy: number): PlainFile => ({
  ...{ fileId: fileIdOf(series, from, to, copy), series, from, to, status: 'downloaded', attempts: 0 },
  ...{ archived: false, claim: undefined },
});

const registerReal = ({ there }: Real, series: Series, file: PlainFile, expected: number) => {
  const { fileId, from, to } = file;
  const content = {
    fileId,
    sha256: fileId,
    kind: 'candles',
    path: fileId,
    bars: to - from,
    sizeBytes: 1,
  } as const;
  const range = { tStart: watermarkOf(from), tEnd: watermarkOf(to - 1) };
  return codeOr(
    () =>
      there.ledger.registerFile({
        file: { ...content, ...series, ...range, fetchedAt: from },
        expectedWatermark: watermarkOf(expected),
        nextWatermark: watermarkOf(to),
        gaps: [],
      }).registered,
  );
};

/** The next page, one that begins earlier (it overlaps), or one that another ingest has stored already. */
export const registerStep = (series: Series, count: number, early: number, copy: number): Step => ({
  name: `register ${series.symbol} ${count} early=${early} copy=${copy}`,
  run: (model, real) => {
    const key = seriesKey(series);
    const stored = model.watermarks.get(key) ?? 0;
    if (!model.watermarks.has(key)) {
      real.there.ledger.startWatermark(series, watermarkOf(0));
      model.watermarks.set(key, 0);
    }
    const from = Math.max(0, stored - early);
    const file = plainFile(key, from, from + count, copy);
    // Who asked from the watermark that is there is the first; whoever asked from another one comes late.
    const expected = copy === 0 ? stored : from;
    const want = plain.register(model, file, expected);
    expect(registerReal(real, series, file, expected)).toBe(want);
  },
});

export const advanceStep = (series: Series, off: number, by: number): Step => ({
  name: `advance ${series.symbol} off=${off} by=${by}`,
  run: (model, { there }) => {
    const key = seriesKey(series);
    const stored = model.watermarks.get(key);
    if (stored === undefined) return;
    const expected = Math.max(0, stored + off);
    const want = plain.advance(model, key, expected, expected + by);
    const got = codeOr(() =>
      there.ledger.advanceWatermark(series, watermarkOf(expected), watermarkOf(expected + by)),
    );
    expect(got).toBe(typeof want === 'number' ? watermarkOf(want) : want);
  },
});

const pickFile = (model: PlainLedger, at: number): PlainFile | undefined =>
  model.files[at % Math.max(1, model.files.length)];

export const quarantineStep = (at: number, back: number, underClaim: boolean): Step => ({
  name: `quarantine ${at} ${underClaim ? `under -${back}` : ''}`,
  run: (model, real) => {
    const [file, picked] = [pickFile(model, at), pick(model, real, back)];
    if (!file || (underClaim && !picked)) return;
    const want = plain.quarantine(model, file, underClaim ? picked?.claim : undefined);
    const claimId = underClaim && picked ? { claimId: picked.claimId } : {};
    const got = codeOr(() => {
      real.there.ledger.quarantine({ fileId: file.fileId, reason: 'line 3', ...claimId });
      return 'done';
    });
    expect(got).toBe(want);
  },
});

/** Consecutive numbers as one run each. */
const runs = (numbers: readonly number[]): [number, number][] =>
  numbers.reduce<[number, number][]>((found, at) => {
    const last = found.at(-1);
    if (last && last[1] === at - 1) last[1] = at;
    else found.push([at, at]);
    return found;
  }, []);

const dispositionsOf = (
  model: PlainLedger,
  claim: PlainClaim,
  series: string[],
  honesty: Honesty,
): Disposition[] =>
  newCandles(model, claim, series).flatMap(({ file, fresh }) => {
    const all = Array.from({ length: file.to - file.from }, (_, at) => file.from + at);
    const trained = honesty === 'trains twice' ? all : fresh;
    const rest = all.filter((at) => !trained.includes(at));
    const rows = (kind: Disposition['kind'], numbers: readonly number[]) =>
      runs(numbers).map(([from, to]) => ({
        ...{ lineage: lineageName(model, file.series), fileId: file.fileId, series: file.series, kind },
        ...{ fromMs: watermarkOf(from), toMs: watermarkOf(to), candles: to - from + 1 },
      }));
    return [...rows('trained', trained), ...rows('duplicate', rest)];
  });

const headsOf = (model: PlainLedger, claim: PlainClaim, series: string[], honesty: Honesty): HeadMove[] =>
  [...new Set(newCandles(model, claim, series).map(({ file }) => file.series))].map((key) => ({
    lineage: lineageName(model, key),
    series: key,
    from: honesty === 'from another head' ? 'elsewhere' : (activeLineage(model, key)?.head ?? null),
    ...{ headHash: 'hash', nStates: 3 },
  }));

export const commitStep = (
  back: number,
  workflowId: string,
  runId: string,
  only: boolean,
  honesty: Honesty,
): Step => ({
  name: `commit -${back} ${workflowId} ${runId} only=${only} ${honesty}`,
  run: (model, real) => {
    const picked = pick(model, real, back);
    if (!picked) return;
    const { claim, claimId } = picked;
    const { ledger } = real.there;
    const wanted = only ? [btc] : allSeries;
    const series = wanted.map(seriesKey);
    const version = versionNamed(claimId, wanted);
    const said = {
      dispositions: dispositionsOf(model, claim, series, honesty),
      heads: headsOf(model, claim, series, honesty),
    };
    const owner = { workflowId, runId };
    const want = plain.commit(model, claim, { ...owner, series, versionId: version.versionId, honesty });
    const before = ledger.versionCount();
    const got = codeOr(() => ledger.commitVersion({ ...owner, claimId, version, ...said }).versionId);
    expect(got).toBe(want === 'new' || want === 'same' ? version.versionId : want);
    expect(ledger.versionCount() - before).toBe(want === 'new' ? 1 : 0);
  },
});

export const lineageStep = (series: Series): Step => ({
  name: `lineage ${series.symbol}`,
  run: (model, { there }) => {
    const key = seriesKey(series);
    const requeue = model.files
      .filter((file) => file.series === key && file.status === 'processed')
      .map(({ fileId }) => fileId);
    const want = plain.startLineage(model, key);
    const request = { series: key, actor: 'test', reason: 'another try', requeue, restored: [] };
    expect(codeOr(() => there.ledger.startLineage(request).lineage)).toBe(want);
  },
});

export const archiveStep = (at: number): Step => ({
  name: `archive ${at}`,
  run: (model, { there }) => {
    const file = pickFile(model, at);
    if (!file) return;
    plain.markArchived(file);
    there.ledger.markArchived([file.fileId]);
  },
});

export const deleteStep = (at: number): Step => ({
  name: `delete ${at}`,
  run: (model, { there }) => {
    const file = pickFile(model, at);
    if (!file) return;
    expect(there.ledger.markDeleted([file.fileId])).toBe(plain.markDeleted(file));
  },
});

const pickVersion = (model: PlainLedger, back: number): string | undefined =>
  model.versions[model.versions.length - 1 - (back % Math.max(1, model.versions.length))]?.id;

type Expected = 'the champion' | 'another' | 'whatever';

const promoteBoth = (
  model: PlainLedger,
  real: Real,
  versionId: string,
  requestId: string,
  against: Expected,
): void => {
  const champion = championOf(model);
  const expected = { 'the champion': champion, another: 'elsewhere', whatever: undefined }[against];
  const want = plain.promote(model, versionId, requestId, expected);
  const row = codeOr(() =>
    real.there.ledger.promote({
      ...{ versionId, requestId, kind: 'promote', actor: 'test', reason: 'better' },
      ...(expected !== undefined && { expectedChampion: expected }),
    }),
  );
  if (typeof row === 'string') expect(row).toBe(want);
  else expect(['new', 'same']).toContain(want);
  if (typeof row !== 'string' && want === 'new') newer(real, row.fence);
};

export const promoteStep = (back: number, request: number, against: Expected): Step => ({
  name: `promote -${back} as ${request} against ${against}`,
  run: (model, real) => {
    const versionId = pickVersion(model, back);
    if (versionId !== undefined) promoteBoth(model, real, versionId, `request-${request}`, against);
  },
});

export const rollbackStep = (request: number): Step => ({
  name: `rollback as ${request}`,
  run: (model, real) => {
    const to = real.there.ledger.predecessor();
    expect(to).toBe(championStack(model).at(-2));
    if (to !== undefined) promoteBoth(model, real, to, `rollback-${request}`, 'the champion');
  },
});

export const pruneStep = (back: number): Step => ({
  name: `prune -${back}`,
  run: (model, { there }) => {
    const versionId = pickVersion(model, back);
    if (versionId === undefined) return;
    expect(codeOr(() => there.ledger.markPruned(versionId))).toBe(plain.prune(model, versionId));
  },
});
