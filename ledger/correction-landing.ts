import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Series } from '../series.ts';
import { type CandleLine, joinLines, tombstone } from './candle-csv.ts';
import { candleFileName, correctionIdOf, sha256Of } from './candle-file.ts';
import type { CrashPoint } from './crash-points.ts';
import type { Change, Differences } from './differences.ts';
import { writeDurably } from './durable-file.ts';
import type { NewFile } from './file-rows.ts';
import type { Ledger } from './open.ts';

export interface LookLanding {
  readonly ledger: Ledger;
  readonly dataDir: string;
  /** The landing folder, relative to the data directory. */
  readonly landing: string;
  readonly series: Series;
  /** Of the series, asked for before the exchange was. */
  readonly expectedRevision: number;
  readonly cover: NonNullable<Differences['cover']>;
  readonly given: readonly number[];
  readonly missing: readonly number[];
  /** In order of time; none: only the look itself is recorded. */
  readonly changes: readonly Change[];
  /** When the exchange answered, epoch ms. */
  readonly answeredAt: number;
  readonly crash?: CrashPoint;
}

const lineOf = ({ openTimeMs, candle }: Change): CandleLine =>
  candle ? { openTimeMs, line: candle.join(',') } : tombstone(openTimeMs);

/** Later than every stored copy, also when the machine's clock went back: the later fetched copy wins. */
const fetchTime = ({ ledger, series, answeredAt }: LookLanding): number =>
  Math.max(answeredAt, (ledger.newestFetchMs(series) ?? 0) + 1);

const describeCorrection = (look: LookLanding, bytes: Buffer): NewFile => {
  const { series, changes, landing } = look;
  const [tStart, tEnd] = [changes[0]?.openTimeMs, changes.at(-1)?.openTimeMs];
  if (tStart === undefined || tEnd === undefined) throw new RangeError('a correction needs a change');
  const fetchedAt = fetchTime(look);
  const fileId = correctionIdOf(series, bytes, fetchedAt);
  const path = join(landing, candleFileName(series, tStart, tEnd, fileId));
  const content = { fileId, sha256: sha256Of(bytes), kind: 'corrections', path } as const;
  const size = { bars: changes.length, sizeBytes: bytes.length };
  return { ...content, ...size, ...series, tStart, tEnd, fetchedAt };
};

const writeCorrection = (look: LookLanding) => {
  const { dataDir, changes, crash } = look;
  const bytes = joinLines(changes.map(lineOf));
  const file = describeCorrection(look, bytes);
  const path = join(dataDir, file.path);
  writeDurably(path, bytes, { crash });
  crash?.('file:unregistered');
  return { correction: { file, changes }, isInPlace: () => existsSync(path) };
};

/**
 * Stores what a look at the exchange found: the correction file, durably in place, then ONE transaction with its row,
 * what it replaces, gaps and suspicions. A crash between them leaves a CSV that nobody knows: the next look stores the
 * same changes, the janitor removes the CSV. Throws LedgerError `WatermarkMoved`, `StorageUnavailable`.
 */
export const landLook = (look: LookLanding): void => {
  const { ledger, series, expectedRevision, cover, given, missing, changes, crash } = look;
  const written = changes.length > 0 ? writeCorrection(look) : {};
  ledger.recordComparison({ series, expectedRevision, cover, given, missing, ...written });
  if (changes.length > 0) crash?.('file:registered');
};
