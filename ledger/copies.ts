import {
  and,
  between,
  eq,
  gte,
  inArray,
  isNotNull,
  isNull,
  lte,
  ne,
  notInArray,
  or,
  type SQL,
} from 'drizzle-orm';
import { type Series, seriesKey, timeframesMs } from '../series.ts';
import { quarantinedIn } from './correction-rows.ts';
import type { Reader } from './database.ts';
import { inSeries, type NewFile } from './file-rows.ts';
import { gapsWithin } from './gaps.ts';
import { corrections, files } from './schema/files.ts';
import { candlesIn, type OpenTimes, without } from './spans.ts';

export const oneEach = (times: readonly { readonly openTimeMs: number }[]): OpenTimes[] =>
  times.map(({ openTimeMs }) => ({ fromMs: openTimeMs, toMs: openTimeMs }));

/** Without its holes, where the gaps of its series tell all of them; else nobody knows which candles it holds. */
const coverOf = (
  db: Reader,
  series: Series,
  { tStart, tEnd, bars }: Pick<NewFile, 'tStart' | 'tEnd' | 'bars'>,
): OpenTimes[] => {
  const step = timeframesMs[series.timeframe];
  const whole = { fromMs: tStart, toMs: tEnd };
  if (candlesIn(whole, step) === bars) return [whole];
  const parts = without([whole], gapsWithin(db, series, whole), step);
  return parts.reduce((sum, part) => sum + candlesIn(part, step), 0) === bars ? parts : [];
};

/** Which files count as a copy of their candles, and which correction files do. */
export interface Copies {
  readonly files: SQL | undefined;
  readonly corrections: SQL | undefined;
}

/** In a CSV or in the archive: also what was folded, or put aside after it was archived. */
export const copiesAnywhere = (db: Reader, series: Series): Copies => ({
  files: or(ne(files.status, 'quarantined'), isNotNull(files.archivedAt)),
  corrections: notInArray(corrections.fileId, quarantinedIn(db, series)),
});

const isOutside = and(ne(files.status, 'quarantined'), isNull(files.archivedAt));

/** In a CSV that is not in the archive yet. */
export const copiesOutsideArchive = (db: Reader, series: Series): Copies => ({
  files: isOutside,
  corrections: inArray(
    corrections.fileId,
    db
      .select({ fileId: files.fileId })
      .from(files)
      .where(and(inSeries(series), isOutside)),
  ),
});

/** Where a copy still is. */
export const copiesIn = (db: Reader, series: Series, range: OpenTimes, copies: Copies): OpenTimes[] => {
  const { fromMs, toMs } = range;
  const others = db
    .select({ tStart: files.tStart, tEnd: files.tEnd, bars: files.bars })
    .from(files)
    .where(
      and(
        inSeries(series),
        copies.files,
        ne(files.kind, 'corrections'),
        and(gte(files.tEnd, fromMs), lte(files.tStart, toMs)),
      ),
    )
    .all();
  const corrected = db
    .select({ openTimeMs: corrections.openTimeMs })
    .from(corrections)
    .where(
      and(
        eq(corrections.series, seriesKey(series)),
        between(corrections.openTimeMs, fromMs, toMs),
        copies.corrections,
      ),
    )
    .all();
  return [...others.flatMap((file) => coverOf(db, series, file)), ...oneEach(corrected)];
};
