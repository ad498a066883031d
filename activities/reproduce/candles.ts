import { monthOf, monthsOnDisk } from '../../ledger/archive-files.ts';
import { type CandleColumns, type CandleValues, isRemoved, toColumns } from '../../ledger/candle-columns.ts';
import { verifyAndRead } from '../../ledger/candle-file.ts';
import { readWindow } from '../../ledger/candle-store.ts';
import { isLedgerError } from '../../ledger/errors.ts';
import type { FileRow } from '../../ledger/file-rows.ts';
import type { Ledger } from '../../ledger/open.ts';
import { parseSeries } from '../../series.ts';
import { monthsOf, type TrainingInputs } from '../training-inputs.ts';

export interface CandlePlaces {
  readonly ledger: Ledger;
  readonly dataDir: string;
}

export interface CandlesFound {
  readonly columns: CandleColumns;
  /** Which input is not there any more. */
  readonly gone: readonly string[];
  /** Which input is another one now. */
  readonly changed: readonly string[];
}

const timesOf = ({ runs, timeframe_ms: step }: TrainingInputs): number[] =>
  runs.flatMap(({ fromMs, toMs }) =>
    Array.from({ length: (toMs - fromMs) / step + 1 }, (_, i) => fromMs + i * step),
  );

/** As they are stored now: the latest copy of each. */
const storedCandles = (
  places: CandlePlaces,
  series: string,
  inputs: TrainingInputs,
): Map<number, CandleValues> => {
  const fromMs = inputs.runs[0]?.fromMs ?? 0;
  const { openTimeMs, open, high, low, close, volume } = readWindow({
    ...places,
    series: parseSeries(series),
    ...{ fromMs, onlyOnDisk: true },
  });
  return new Map(
    Array.from(openTimeMs, (time, i) => [
      time,
      Float64Array.of(open[i]!, high[i]!, low[i]!, close[i]!, volume[i]!),
    ]),
  );
};

/** A claimed file whose CSV is still on disk has the very candles that were trained on. */
const readFile = (
  { dataDir }: CandlePlaces,
  file: TrainingInputs['files'][number],
): ReturnType<typeof verifyAndRead> | undefined => {
  try {
    return verifyAndRead(file as FileRow, dataDir);
  } catch (error) {
    if (isLedgerError(error, 'CandleFileMissing') || isLedgerError(error, 'CandleFileCorrupt'))
      return undefined;
    throw error;
  }
};

/** In the order of fetching, so that the later fetched copy wins. Returns the files that are not there. */
const overlay = (
  places: CandlePlaces,
  candles: Map<number, CandleValues>,
  { files }: TrainingInputs,
): TrainingInputs['files'] =>
  files.filter((file) => {
    const read = readFile(places, file);
    read?.openTimeMs.forEach((time, at) => {
      const values = read.ohlcv.slice(at * 5, at * 5 + 5);
      if (!isRemoved(values)) candles.set(time, values);
    });
    return read === undefined;
  });

const goneMonths = ({ dataDir }: CandlePlaces, series: string, lost: readonly number[]): string[] => {
  const archived = monthsOnDisk(dataDir, parseSeries(series));
  const counts = new Map<string, number>();
  for (const time of lost) counts.set(monthOf(time), (counts.get(monthOf(time)) ?? 0) + 1);
  return [...counts].map(
    ([month, candles]) =>
      `${series}: ${candles} candles of ${month}, ${archived.includes(month) ? 'which its archive lacks' : 'whose archive is gone'}`,
  );
};

const goneFiles = (files: TrainingInputs['files'], lost: readonly number[]): string[] =>
  files
    .filter(({ tStart, tEnd }) => lost.some((time) => tStart <= time && time <= tEnd))
    .map(({ path, sha256 }) => `${path} (sha256 ${sha256})`);

const changedMonths = (series: string, { months }: TrainingInputs, columns: CandleColumns): string[] => {
  const now = new Map(monthsOf(columns).map((one) => [one.month, one.sha256]));
  return months
    .filter(({ month, sha256 }) => now.get(month) !== sha256)
    .map(
      ({ month, sha256 }) =>
        `${series}: the candles of ${month} were corrected since (${sha256.slice(0, 12)} then, ${now.get(month)?.slice(0, 12)} now)`,
    );
};

/** The candles of a training, from the CSVs that are left and from the archive, held against the hashes of then. */
export const findCandles = (places: CandlePlaces, series: string, inputs: TrainingInputs): CandlesFound => {
  const candles = storedCandles(places, series, inputs);
  const withoutCsv = overlay(places, candles, inputs);
  const times = timesOf(inputs);
  const lost = times.filter((time) => !candles.has(time));
  const there = times.filter((time) => candles.has(time));
  const columns = toColumns(new Map(there.map((time) => [time, candles.get(time)!])));
  const gone = [...goneMonths(places, series, lost), ...goneFiles(withoutCsv, lost)];
  return { columns, gone, changed: gone.length > 0 ? [] : changedMonths(series, inputs, columns) };
};
