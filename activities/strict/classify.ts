import {
  type CandleColumns,
  type CandleValues,
  isRemoved,
  isSameCopy,
  toColumns,
  withoutRemoved,
} from '../../ledger/candle-columns.ts';
import type { Disposition } from '../../ledger/dispositions.ts';
import type { OpenTimeRange } from '../../registry/model-file.ts';
import { isInside, runsOf } from './ranges.ts';

/** A claimed file as it was read. */
export interface ClaimedFile {
  readonly fileId: string;
  readonly openTimeMs: Float64Array;
  /** [n·5], row-major; NaN where the row is a tombstone. */
  readonly ohlcv: Float64Array;
}

/** What the lineage was trained on; no range before genesis. */
export interface Past {
  readonly trainedRanges: readonly OpenTimeRange[];
  readonly timeframeMs: number;
  /** A pool: nothing up to this open time is learned from any more, trained or not. */
  readonly closedMs?: number;
  /** The copy of an earlier trained candle that is stored now, to tell a second delivery from a correction. */
  storedCopy(openTimeMs: number): CandleValues | undefined;
}

type Kind = Disposition['kind'];
export type FileDisposition = Omit<Disposition, 'lineage' | 'series'>;

export interface Classified {
  /** The candles to train on: later than everything before, ascending. */
  readonly columns: CandleColumns;
  readonly dispositions: readonly FileDisposition[];
}

/** Gives each row of the files (in the order of fetching), candle or tombstone, exactly one disposition. */
export const classify = (files: readonly ClaimedFile[], past: Past): Classified => {
  const never = Number.NEGATIVE_INFINITY;
  const watermarkMs = Math.max(past.trainedRanges.at(-1)?.toMs ?? never, past.closedMs ?? never);
  const chosen = choose(files, watermarkMs);
  const late = new Map<number, CandleValues>();
  const kindOf = (file: ClaimedFile, time: number, values: CandleValues): Kind => {
    if (time > watermarkMs) return kindOfNew(file, chosen.get(time)!);
    return kindOfLate(past, late, time, values);
  };
  const dispositions = files.flatMap((file) => dispositionsOf(file, past.timeframeMs, kindOf));
  return {
    columns: toColumns(withoutRemoved(new Map([...chosen].map(([time, { values }]) => [time, values])))),
    dispositions,
  };
};

interface Choice {
  readonly fileId: string;
  readonly values: CandleValues;
}

/** Of a candle that several files hold the copy that was fetched last, or its tombstone. */
const choose = (files: readonly ClaimedFile[], watermarkMs: number): Map<number, Choice> => {
  const chosen = new Map<number, Choice>();
  for (const file of files) {
    file.openTimeMs.forEach((time, i) => {
      if (time > watermarkMs) chosen.set(time, { fileId: file.fileId, values: valuesAt(file, i) });
    });
  }
  return chosen;
};

/** No correction of an untrained candle is too late: its newest copy is trained, or none when it was removed. */
const kindOfNew = ({ fileId }: ClaimedFile, choice: Choice): Kind => {
  if (isRemoved(choice.values)) return 'removed';
  return choice.fileId === fileId ? 'trained' : 'duplicate';
};

/** Without a stored copy (the archive let it go) nobody can say that it is the same, so it counts as another one. */
const kindOfLate = (
  { trainedRanges, storedCopy }: Past,
  seen: Map<number, CandleValues>,
  time: number,
  values: CandleValues,
): Kind => {
  if (!isInside(trainedRanges, time)) return 'skipped_late';
  const known = seen.get(time) ?? storedCopy(time);
  seen.set(time, values);
  return known && isSameCopy(known, values) ? 'duplicate' : 'corrected_late';
};

const dispositionsOf = (
  file: ClaimedFile,
  timeframeMs: number,
  kindOf: (file: ClaimedFile, time: number, values: CandleValues) => Kind,
): FileDisposition[] => {
  const times: Record<Kind, number[]> = {
    trained: [],
    corrected_late: [],
    skipped_late: [],
    duplicate: [],
    removed: [],
  };
  file.openTimeMs.forEach((time, i) => {
    times[kindOf(file, time, valuesAt(file, i))].push(time);
  });
  return (Object.keys(times) as Kind[]).flatMap((kind) =>
    runsOf(times[kind], timeframeMs).map((run) => ({ fileId: file.fileId, kind, ...run })),
  );
};

const valuesAt = ({ ohlcv }: ClaimedFile, i: number): CandleValues => ohlcv.subarray(i * 5, i * 5 + 5);
