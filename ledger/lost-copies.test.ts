import { expect, test } from 'vitest';
import { seriesKey } from '../series.ts';
import { Sqlite } from '../sqlite.ts';
import { archive, processWaiting } from './archive.fixture.ts';
import { landLook } from './correction-landing.ts';
import type { NewFile } from './file-rows.ts';
import { openFresh } from './fresh.fixture.ts';
import { btc, candle, eth, genesisMs, hourMs, land, run1 } from './ledger.fixture.ts';
import { openLedger } from './open.ts';

type There = ReturnType<typeof openFresh>;

const at = (hour: number): number => genesisMs + hour * hourMs;
const putAside = ({ ledger }: There, { fileId }: { readonly fileId: string }): void =>
  ledger.quarantine({ fileId, reason: 'line 3' });

/** Another file below the watermark; nothing here reads its CSV. */
const registerAlso = (
  { ledger }: There,
  file: Pick<NewFile, 'fileId' | 'tStart' | 'tEnd' | 'bars'>,
): void => {
  const watermark = ledger.watermark(btc)!;
  const content = {
    sha256: file.fileId,
    path: file.fileId,
    kind: 'candles',
    sizeBytes: 1,
    fetchedAt: 1,
  } as const;
  ledger.registerFile({
    file: { ...btc, ...content, ...file },
    ...{ expectedWatermark: watermark, nextWatermark: watermark, gaps: [] },
  });
};

/** As number of the first and the last candle, those that still are missing and those that came. */
const gapsOf = ({ ledger }: There, series = btc) =>
  ledger
    .newestGaps({ series, limit: 99 })
    .map(({ fromMs, toMs, state }) => [(fromMs - genesisMs) / hourMs, (toMs - genesisMs) / hourMs, state])
    .sort(([one], [other]) => Number(one) - Number(other));

/** The exchange gives candles that are not stored; those that are current stay as they are. */
const look = (there: There, from: number, count: number, appeared = true) => {
  const times = Array.from({ length: count }, (_, i) => from + i);
  landLook({
    ...{ ...there, landing: 'incoming', series: btc, expectedRevision: there.ledger.revision(btc) },
    cover: { fromMs: at(from), toMs: at(from + count - 1) },
    ...{ given: times.map(at), missing: [], answeredAt: 5 },
    changes: appeared
      ? times.map((n) => ({ openTimeMs: at(n), kind: 'appeared' as const, candle: candle(n) }))
      : [],
  });
  return there.ledger.files({ limit: 99 }).at(-1)!;
};

test('the only copies that a quarantine puts aside are a gap, due as every gap is', () => {
  const there = openFresh();
  land(there, { from: 0, count: 10 });
  const file = land(there, { from: 10, count: 5 });
  land(there, { from: 15, count: 5 });
  land(there, { series: eth, from: 0, count: 20 });
  putAside(there, file);
  putAside(there, file);
  expect(there.ledger.gaps()).toMatchObject([
    {
      ...{ series: seriesKey(btc), fromMs: at(10), toMs: at(14), missing: 5, state: 'open', attempts: 0 },
      ...{ foundAt: there.clock.now, nextRetryAt: there.clock.now + 300_000 },
    },
  ]);
  expect(there.ledger.gapTotals()).toEqual([{ series: seriesKey(btc), gaps: 1, missing: 5 }]);
  expect(there.ledger.watermark(btc)).toBe(at(20));
});

test('good files that wore out by expired claims leave one gap, also where they overlap', () => {
  const there = openFresh();
  land(there, { from: 0, count: 10 });
  land(there, { from: 10, count: 5 });
  registerAlso(there, { fileId: 'again', tStart: at(8), tEnd: at(14), bars: 7 });
  there.ledger.claim({ ...run1, leaseMs: 10, series: [seriesKey(btc)] });
  there.clock.now += 10;
  expect(there.ledger.sweepExpiredClaims(1)).toMatchObject({ quarantined: 3 });
  expect(gapsOf(there)).toEqual([[0, 14, 'open']]);
});

test('what another file, a correction or the archive has is no gap, nor is a hole that is one already counted twice', () => {
  const there = openFresh();
  const gap = { series: seriesKey(btc), fromMs: at(10), toMs: at(11), missing: 2 };
  const first = land(there, { from: 0, count: 10 });
  processWaiting(there);
  archive(there, { deleteAfterProcess: false });
  there.ledger.advanceWatermark(btc, at(10), at(12));
  const second = land(there, { from: 12, count: 8 });
  land(there, { from: 20, count: 1 });
  look(there, 14, 2);
  putAside(there, first);
  expect(there.ledger.gaps()).toMatchObject([gap]);
  registerAlso(there, { fileId: 'longer', tStart: at(9), tEnd: at(20), bars: 10 });
  putAside(there, second);
  expect(there.ledger.gaps(), 'the longer one has all but what is known to be missing').toMatchObject([gap]);
  putAside(there, { fileId: 'longer' });
  expect(gapsOf(there)).toEqual([
    [10, 11, 'open'],
    [12, 13, 'open'],
    [16, 19, 'open'],
  ]);
  expect(there.ledger.gapTotals()).toMatchObject([{ gaps: 3, missing: 8 }]);
});

test('candles that came back in a correction are missing again when it is put aside, however the gap was filled', () => {
  const there = openFresh();
  putAside(there, land(there, { from: 0, count: 10 }));
  look(there, 0, 4);
  expect(gapsOf(there)).toEqual([
    [0, 3, 'filled'],
    [4, 9, 'open'],
  ]);
  const correction = look(there, 4, 6);
  expect(gapsOf(there).map(([, , state]) => state)).toEqual(['filled', 'filled']);
  putAside(there, correction);
  expect(gapsOf(there)).toEqual([
    [0, 3, 'filled'],
    [4, 9, 'open'],
  ]);
  look(there, 4, 2);
  look(there, 6, 4);
  putAside(there, there.ledger.files({ limit: 9 })[1]!);
  look(there, 0, 2);
  expect(gapsOf(there)).toEqual([
    [0, 1, 'filled'],
    [2, 3, 'open'],
    [4, 5, 'filled'],
    [6, 9, 'filled'],
  ]);
});

test('a file that holds a part of what it spans, nobody knows which, covers nothing: the gap is filled by the next answer', () => {
  const there = openFresh();
  const file = land(there, { from: 0, count: 10 });
  registerAlso(there, { fileId: 'holes', tStart: at(0), tEnd: at(9), bars: 6 });
  putAside(there, file);
  expect(gapsOf(there)).toEqual([[0, 9, 'open']]);
  look(there, 0, 10, false);
  expect(gapsOf(there)).toEqual([[0, 9, 'filled']]);
});

test('what was put aside before gaps were recorded for it is recorded when the ledger is opened, once', () => {
  const there = openFresh();
  putAside(there, land(there, { from: 0, count: 10 }));
  putAside(there, land(there, { from: 10, count: 5 }));
  look(there, 12, 3);
  const refused = {
    ...there.ledger.files({ limit: 1 })[0]!,
    fileId: 'x',
    sha256: 'x',
    path: 'refused/x.csv',
  };
  const { seq: _, ...file } = { ...refused, tStart: 0, tEnd: 0, bars: 1 };
  there.ledger.quarantineOutside({ file, reason: 'no columns', actor: 'test', name: 'x.csv' });
  there.ledger.close();
  const db = new Sqlite(there.path);
  db.exec('delete from gaps; update meta set schema_version = 12');
  db.close();
  for (let opens = 0; opens < 2; opens += 1) {
    const ledger = openLedger({ path: there.path, domain: 'production', clock: () => there.clock.now });
    expect(gapsOf({ ...there, ledger })).toEqual([[0, 11, 'open']]);
    ledger.close();
  }
});
