import { join } from 'node:path';
import { seriesKey } from '../series.ts';
import { archiveProcessed } from './archive.ts';
import { joinLines, tombstone } from './candle-csv.ts';
import { fileIdOf, formatCandles, sha256Of } from './candle-file.ts';
import { writeDurably } from './durable-file.ts';
import { type openFresh } from './fresh.fixture.ts';
import { btc, candles, genesisMs, hourMs, run1, versionNamed } from './ledger.fixture.ts';

export type There = ReturnType<typeof openFresh>;

export const archive = (there: There, more: Partial<Parameters<typeof archiveProcessed>[0]> = {}) =>
  archiveProcessed({ ...there, series: btc, deleteAfterProcess: true, archiveDays: 365, ...more });

let versions = 0;

export const nextVersion = () => {
  versions += 1;
  return versionNamed(versions);
};

/** Claims what waits and completes it. */
export const processWaiting = ({ ledger }: There): void => {
  const { claimId, files } = ledger.claim({ ...run1, leaseMs: 1000, series: [seriesKey(btc)] });
  if (files.length > 0) {
    ledger.commitVersion({ ...run1, claimId, version: nextVersion(), dispositions: [] });
  }
};

const rewritten = (from: number, count: number, copy: number | 'removed'): Buffer => {
  if (copy !== 'removed') return formatCandles(candles(from, count, copy));
  return joinLines(candles(from, count).map(([openTimeMs]) => tombstone(openTimeMs)));
};

/** A later copy of candles that are there already, or their tombstones. */
export const correct = (
  there: There,
  from: number,
  count: number,
  copy: number | 'removed',
  fetchedAt: number,
): void => {
  const bytes = rewritten(from, count, copy);
  const fileId = fileIdOf(btc, bytes);
  const path = `incoming/${fileId}.csv`;
  writeDurably(join(there.dataDir, path), bytes);
  const [tStart, tEnd] = [genesisMs + from * hourMs, genesisMs + (from + count - 1) * hourMs];
  const watermark = there.ledger.startWatermark(btc, genesisMs);
  there.ledger.registerFile({
    file: {
      ...{ fileId, sha256: sha256Of(bytes), kind: 'corrections', path, ...btc },
      ...{ tStart, tEnd, bars: count, sizeBytes: bytes.length, fetchedAt },
    },
    expectedWatermark: watermark,
    nextWatermark: watermark,
    gaps: [],
  });
};
