import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Sqlite } from '../../../sqlite.ts';
import {
  all,
  type Candle,
  type CheckRequest,
  candlesOf,
  type FileRow,
  filesUnder,
  type Problem,
  problem,
} from './store.ts';

interface Copies {
  /** By open time, what is current: the later fetched copy. */
  readonly current: ReadonlyMap<number, Candle>;
  readonly twice: readonly number[];
}

const monthEndMs = (openTimeMs: number): number => {
  const date = new Date(openTimeMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
};

/** Open times of the CSVs that the test damaged. Each of them was found out, and put aside. */
const damagedIn = ({ damaged, timeframeMs }: CheckRequest, files: readonly FileRow[]) => {
  const hit = files.filter((file) => damaged.includes(file.path));
  const times = hit.flatMap(({ path: name }) => {
    const [from = 0, to = -1] = path.basename(name).split('-').map(Number);
    return Array.from({ length: (to - from) / timeframeMs + 1 }, (_, i) => from + i * timeframeMs);
  });
  const problems = hit
    .filter(({ status }) => status !== 'quarantined')
    .map((file) => problem('wrong', `${file.path} is damaged, and ${file.status}`));
  return { times: new Set(times), problems };
};

interface Gap {
  readonly from_ms: number;
  readonly to_ms: number;
}

/** Open times that the ledger knows to be missing, and asks for again. */
const missingIn = (db: Sqlite.Database, series: string, stepMs: number): ReadonlySet<number> => {
  const known = db.prepare("select from_ms, to_ms from gaps where series = ? and state = 'open'");
  return new Set(
    (known.all(series) as Gap[]).flatMap(({ from_ms: from, to_ms: to }) =>
      Array.from({ length: (to - from) / stepMs + 1 }, (_, i) => from + i * stepMs),
    ),
  );
};

const archived = ({ dataDir }: CheckRequest, [exchange, symbol, timeframe]: readonly string[]): Candle[] => {
  const folder = path.join(dataDir, 'archive', exchange!, symbol!.replace('/', '-'), timeframe!);
  return filesUnder(folder)
    .filter((name) => /^\d{4}-\d{2}\.csv$/.test(name))
    .sort()
    .flatMap((name) => candlesOf(path.join(folder, name)));
};

/** A candle is in the archive, or in one CSV that is not archived yet, and nowhere twice. */
const copiesOf = (request: CheckRequest, name: readonly string[], files: readonly FileRow[]): Copies => {
  const current = new Map<number, Candle>();
  const twice: number[] = [];
  const put = (candles: readonly Candle[], replaces: boolean): void => {
    for (const candle of candles) {
      if (current.has(candle[0]) && !replaces) twice.push(candle[0]);
      current.set(candle[0], candle);
    }
  };
  put(archived(request, name), false);
  const live = files
    .filter(
      ({ status, archived_at }) => status !== 'deleted' && status !== 'quarantined' && archived_at === null,
    )
    .sort((one, other) => one.fetched_at - other.fetched_at);
  for (const file of live) put(candlesOf(path.join(request.dataDir, file.path)), file.kind !== 'candles');
  return { current, twice };
};

const isSame = (one: Candle, other: Candle): boolean =>
  one.every((value, i) => Number(value) === Number(other[i]));

interface Disposed {
  readonly lineage: string;
  readonly kind: string;
  readonly from_ms: number;
  readonly to_ms: number;
}

/** How often a lineage was trained on each open time, and which it knows at all. */
const disposedOf = (rows: readonly Disposed[], stepMs: number) => {
  const known = new Set<number>();
  const trained = new Map<number, number>();
  for (const { kind, from_ms: from, to_ms: to } of rows)
    for (let time = from; time <= to; time += stepMs) {
      known.add(time);
      if (kind === 'trained') trained.set(time, (trained.get(time) ?? 0) + 1);
    }
  return { known, trained };
};

const checkSeries = (db: Sqlite.Database, request: CheckRequest, truthFile: string): Problem[] => {
  const [exchange, id, timeframe] = truthFile.replace('.csv', '').split('_') as [string, string, string];
  const files = all<FileRow>(db, 'select * from files').filter(
    (file) => file.symbol.replace('/', '') === id && file.timeframe === timeframe,
  );
  const symbol = files[0]?.symbol ?? id;
  const truth = candlesOf(path.join(request.truthDir, truthFile));
  const newest = truth.at(-1)?.[0] ?? 0;
  const { current, twice } = copiesOf(request, [exchange, symbol, timeframe], files);
  const damaged = damagedIn(request, files);
  const isPruned = (time: number): boolean => monthEndMs(time) <= newest - request.archiveDays * 86_400_000;
  const series = `${exchange}:${symbol}:${timeframe}`;
  const newestLineage = db.prepare('select lineage from lineages where series = ? order by seq desc').pluck();
  const lineage = (newestLineage.get(series) as string | undefined) ?? 'no lineage';
  const rows = db.prepare('select * from dispositions where lineage = ?').all(lineage) as Disposed[];
  const { known, trained } = disposedOf(rows, request.timeframeMs);
  const missing = missingIn(db, series, request.timeframeMs);
  return [
    ...damaged.problems,
    ...twice.map((time) => problem('doubled', `${series} at ${time}: two current copies`)),
    ...truth.flatMap((candle) => {
      const [time] = candle;
      const copy = current.get(time);
      const isDamaged = damaged.times.has(time);
      // Until the exchange was asked again.
      if (!copy && isDamaged && missing.has(time)) return [];
      if (copy && missing.has(time))
        return [problem('wrong', `${series} at ${time}: there, and listed as missing`)];
      if (!copy && !isPruned(time)) return [problem('lost', `${series} at ${time}: no current copy`)];
      if (copy && !isSame(copy, candle)) return [problem('lost', `${series} at ${time}: another candle`)];
      if (request.strict && !known.has(time) && !isDamaged)
        return [problem('lost', `${series} at ${time}: no disposition in ${lineage}`)];
      return [];
    }),
    ...[...trained]
      .filter(([, times]) => times > 1)
      .map(([time, times]) => problem('doubled', `${lineage} at ${time}: trained ${times} times`)),
    ...[...current.keys()]
      .filter((time) => time > newest)
      .map((time) => problem('wrong', `${series} at ${time}: the exchange has not closed it`)),
  ];
};

/** Every candle that the exchange gave as closed has one current copy, and one disposition in the lineage that learns. */
export const checkCandles = (db: Sqlite.Database, request: CheckRequest): Problem[] =>
  readdirSync(request.truthDir)
    .filter((name) => name.endsWith('.csv'))
    .flatMap((name) => checkSeries(db, request, name));
