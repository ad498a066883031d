import { type Series, seriesKey, timeframesMs } from '../../series.ts';
import { record } from '../audit.ts';
import type { Writer } from '../database.ts';
import { files } from '../schema/files.ts';
import { moveForward } from '../watermarks.ts';
import { type Converted, convert, type NewRow } from './convert.ts';
import type { OlderPlace } from './place.ts';
import type { OlderRow, OlderWatermark } from './schema.ts';
import { seriesOfRow, seriesOfWatermark } from './series.ts';
import { epochMsOf, textOf } from './values.ts';

export interface Older {
  readonly rows: readonly OlderRow[];
  readonly watermarks: readonly OlderWatermark[];
  /** Where the original was put aside. */
  readonly backup: string;
}

const actor = 'migration';

/** Of two rows with the same bytes, the one that says most about what became of them. */
const precedence = ['processed', 'processing', 'downloaded'];

const rank = ({ status }: OlderRow): number => {
  const at = precedence.indexOf(textOf(status).toLowerCase());
  return at === -1 ? precedence.length : at;
};

interface Assigned {
  readonly row: OlderRow;
  readonly series: Series;
}

/** Each bytes of a series once: by the hash that was written down. Rows that have none stand for themselves. */
const mergeEqual = (tx: Writer, assigned: readonly Assigned[], now: number): Assigned[] => {
  const kept = new Map<string, Assigned>();
  for (const one of [...assigned].sort((a, b) => rank(a.row) - rank(b.row))) {
    const hash = textOf(one.row.sha256).toLowerCase();
    const key = `${seriesKey(one.series)} ${hash || `row ${kept.size}`}`;
    const other = kept.get(key);
    if (other) merged(tx, one.row, textOf(other.row.file_id), now);
    else kept.set(key, one);
  }
  const chosen = new Set(kept.values());
  return assigned.filter((one) => chosen.has(one));
};

const merged = (tx: Writer, row: OlderRow, into: string, now: number): void =>
  record(tx, now, {
    actor,
    action: 'older.merge',
    subject: textOf(row.file_id),
    detail: { row, sameBytesAs: into },
  });

const assign = (
  tx: Writer,
  { rows }: Older,
  known: readonly Series[],
  place: OlderPlace,
  now: number,
): Assigned[] =>
  rows.flatMap((row) => {
    const series = seriesOfRow(row, known, place.exchange);
    if (series) return [{ row, series }];
    const reason = 'no series that is known here: its exchange, symbol or timeframe';
    record(tx, now, { actor, action: 'older.aside', subject: textOf(row.file_id), detail: { row, reason } });
    return [];
  });

interface Tally {
  readonly statuses: Record<string, number>;
  /** The series, and from where on ingest has to ask again. */
  readonly askFrom: Map<string, number>;
}

const count = (tally: Tally, { row, askFromMs }: Converted, { series, row: older }: Assigned): void => {
  const step = `${textOf(older.status) || 'none'} → ${row.status}`;
  tally.statuses[step] = (tally.statuses[step] ?? 0) + 1;
  if (askFromMs === undefined) return;
  const key = seriesKey(series);
  tally.askFrom.set(key, Math.min(askFromMs, tally.askFrom.get(key) ?? Number.POSITIVE_INFINITY));
};

interface Taken {
  readonly one: Assigned;
  readonly converted: Converted;
}

/** As `precedence`, of what the rows have become. */
const stays: readonly NewRow['status'][] = ['processed', 'downloaded', 'quarantined', 'deleted'];

/** Files that differ only in what the conversion leaves out are one; by id, the one of them that says most. */
const mostTelling = (all: readonly Taken[]): ReadonlySet<Taken> => {
  const kept = new Map<string, Taken>();
  for (const taken of all) {
    const { fileId, status } = taken.converted.row;
    const other = kept.get(fileId)?.converted.row.status;
    if (other === undefined || stays.indexOf(status) < stays.indexOf(other)) kept.set(fileId, taken);
  }
  return new Set(kept.values());
};

const insert = (tx: Writer, { converted: { row, note }, one: { row: older } }: Taken, now: number): void => {
  tx.insert(files).values(row).run();
  if (note === undefined) return;
  const detail = { note, was: { fileId: older.file_id, path: older.path, status: older.status } };
  record(tx, now, { actor, action: 'older.change', subject: row.fileId, detail });
};

const take = (tx: Writer, all: readonly Taken[], tally: Tally, now: number): void => {
  const kept = mostTelling(all);
  for (const taken of all) {
    const { one, converted } = taken;
    if (kept.has(taken)) insert(tx, taken, now);
    else merged(tx, one.row, converted.row.fileId, now);
    count(tally, converted, one);
  }
};

const ceilTo = (timeMs: number, stepMs: number): number => Math.ceil(timeMs / stepMs) * stepMs;

/** Rounded up to the timeframe; and not beyond the first candle that has to be asked for again. */
const startOf = (
  series: Series,
  value: number | undefined,
  askFrom: number | undefined,
): number | undefined => {
  const rounded = value ? ceilTo(value, timeframesMs[series.timeframe]) : undefined;
  if (rounded === undefined || askFrom === undefined) return rounded ?? askFrom;
  return Math.min(rounded, askFrom);
};

const startWatermarks = (tx: Writer, older: Older, tally: Tally, all: readonly Series[], now: number) => {
  const values = new Map<string, number>();
  for (const watermark of older.watermarks) {
    const series = seriesOfWatermark(watermark);
    const value = epochMsOf(watermark.value);
    if (series && value !== undefined) values.set(seriesKey(series), value);
    else
      record(tx, now, {
        actor,
        action: 'older.aside',
        subject: textOf(watermark.name),
        detail: { watermark },
      });
  }
  const started = new Map(all.map((series) => [seriesKey(series), series]));
  return [...started].flatMap(([key, series]) => {
    const start = startOf(series, values.get(key), tally.askFrom.get(key));
    if (start === undefined) return [];
    return [{ series: key, was: values.get(key) ?? null, is: moveForward(tx, series, start, now) }];
  });
};

/** Takes rows and watermarks of the older stack over into the tables of the ledger, and writes down what was done. */
export const bringOver = (tx: Writer, older: Older, place: OlderPlace, now: number): void => {
  const known = older.watermarks.flatMap((watermark) => seriesOfWatermark(watermark) ?? []);
  const assigned = assign(tx, older, known, place, now);
  const tally: Tally = { statuses: {}, askFrom: new Map() };
  const all = mergeEqual(tx, assigned, now).map((one) => ({
    one,
    converted: convert({ older: one.row, series: one.series, place, nowMs: now }),
  }));
  take(tx, all, tally, now);
  place.crash?.('older:files');
  const series = [...known, ...assigned.map((one) => one.series)];
  const watermarks = startWatermarks(tx, older, tally, series, now);
  const detail = { backup: older.backup, rows: older.rows.length, statuses: tally.statuses, watermarks };
  record(tx, now, { actor, action: 'older.migrate', subject: 'manifest.sqlite', detail });
};
