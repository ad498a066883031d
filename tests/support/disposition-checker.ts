import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Sqlite } from '../../sqlite.ts';

/**
 * Adds up what strict mode claims, from SQLite and the files alone: it shares no code with what it checks.
 * Timeframes are told by the caller, so that nothing is parsed the way the ledger parses it.
 */
export interface CheckRequest {
  readonly ledgerFile: string;
  readonly dataDir: string;
  readonly modelsDir: string;
  readonly timeframeMs: number;
}

export interface CheckReport {
  readonly problems: readonly string[];
  readonly lineages: number;
  readonly candles: number;
  readonly counts: Readonly<Record<string, number>>;
}

interface Row {
  readonly lineage: string;
  readonly file_id: string;
  readonly series: string;
  readonly kind: string;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly candles: number;
  readonly version_id: string;
}

/** What is left of rows of files that were deleted long ago. */
interface Run {
  readonly lineage: string;
  readonly series: string;
  readonly kind: string;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly candles: number;
}

interface Folded {
  readonly ranges: readonly Run[];
  readonly lineageFiles: readonly {
    readonly lineage: string;
    readonly files: number;
    readonly bars: number;
  }[];
  readonly fileRanges: readonly { readonly series: string; readonly files: number; readonly bars: number }[];
}

const readFolded = (db: Sqlite.Database): Folded => ({
  ranges: db.prepare('select * from disposition_ranges').all() as Run[],
  lineageFiles: db
    .prepare('select lineage, sum(files) as files, sum(bars) as bars from lineage_files group by lineage')
    .all() as Folded['lineageFiles'],
  fileRanges: db
    .prepare('select series, sum(files) as files, sum(bars) as bars from file_ranges group by series')
    .all() as Folded['fileRanges'],
});

/** Versions that took in a file whose row is folded: their rows tell a part of what they say. */
const foldedVersions = (db: Sqlite.Database): Set<string> => {
  const query = `select version_id as id from versions v join claims c using (claim_id)
    where exists (select 1 from file_ranges) and claimed_files > (select count(*) from files f where f.claim_fence = c.fence)`;
  return new Set((db.prepare(query).all() as { id: string }[]).map(({ id }) => id));
};

/** Each candle of a folded file has one disposition in each lineage that took the file in. */
const checkFolded = ({ ranges, lineageFiles, fileRanges }: Folded, stepMs: number): string[] => {
  const holes = ranges
    .filter((range) => range.kind === 'trained' && barsOf(range, stepMs).length !== range.candles)
    .map((range) => `${range.lineage}: the folded run at ${range.from_ms} has holes`);
  const sums = [...grouped(ranges, (range) => range.lineage)].flatMap(([lineage, mine]) => {
    const told = mine.reduce((sum, { candles }) => sum + candles, 0);
    const own = lineageFiles.find((one) => one.lineage === lineage);
    const all = fileRanges.find(({ series }) => series === mine[0]!.series);
    if (own === undefined || told !== own.bars)
      return [`${lineage}: ${told} folded dispositions, ${own?.bars} candles in folded files`];
    return all === undefined || own.bars > all.bars || own.files > all.files
      ? [`${lineage}: ${own.files} folded files, the ledger says ${all?.files}`]
      : [];
  });
  const silent = lineageFiles.filter(({ lineage }) => !ranges.some((range) => range.lineage === lineage));
  return [...holes, ...sums, ...silent.map(({ lineage }) => `${lineage}: folded files without dispositions`)];
};

interface FileRow {
  readonly file_id: string;
  readonly path: string;
  readonly bars: number;
  readonly status: string;
  readonly seq: number;
  readonly fetched_at: number;
}

interface Lineage {
  readonly lineage: string;
  readonly series: string;
  readonly head_version_id: string | null;
}

export const checkDispositions = (request: CheckRequest): CheckReport => {
  const db = new Sqlite(request.ledgerFile, { readonly: true });
  try {
    const rows = db.prepare('select * from dispositions').all() as Row[];
    const files = db.prepare('select * from files').all() as FileRow[];
    const lineages = db.prepare('select * from lineages order by seq').all() as Lineage[];
    const folded = readFolded(db);
    const problems = [
      ...checkFolded(folded, request.timeframeMs),
      ...checkRows(rows, request.timeframeMs),
      ...checkFiles(rows, files, request),
      ...checkCopies(rows, files, request),
      ...lineages.flatMap((one) => checkLineage([...rows, ...folded.ranges], one, request)),
      ...checkMetadata(rows, lineages, request, foldedVersions(db)),
    ];
    const counts: Record<string, number> = {};
    for (const { kind, candles } of [...rows, ...folded.ranges]) counts[kind] = (counts[kind] ?? 0) + candles;
    const candles = [...rows, ...folded.ranges].reduce((sum, row) => sum + row.candles, 0);
    return { problems, lineages: lineages.length, candles, counts };
  } finally {
    db.close();
  }
};

const barsOf = ({ from_ms: from, to_ms: to }: Run, stepMs: number): number[] =>
  Array.from({ length: (to - from) / stepMs + 1 }, (_, i) => from + i * stepMs);

/** A run holds each candle between its ends. */
const checkRows = (rows: readonly Row[], stepMs: number): string[] =>
  rows
    .filter((row) => barsOf(row, stepMs).length !== row.candles)
    .map((row) => `${row.lineage} ${row.kind} at ${row.from_ms}: ${row.candles} candles do not fill the run`);

const grouped = <T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
};

const openTimesOf = (csv: string): number[] =>
  readFileSync(csv, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => Number(line.slice(0, line.indexOf(','))));

/** Within a lineage each candle of a file has one disposition: the open times of the CSV are those of the runs. */
const checkFiles = (rows: readonly Row[], files: readonly FileRow[], request: CheckRequest): string[] => {
  const known = new Map(files.map((file) => [file.file_id, file]));
  const ofFile = grouped(rows, (row) => `${row.lineage}\n${row.file_id}`);
  const problems = [...ofFile.values()].flatMap((mine) => {
    const file = known.get(mine[0]!.file_id)!;
    const told = mine.flatMap((row) => barsOf(row, request.timeframeMs)).sort((a, b) => a - b);
    const csv = path.join(request.dataDir, file.path);
    const times = existsSync(csv) ? openTimesOf(csv) : undefined;
    return [
      ...(told.length === file.bars
        ? []
        : [`${file.path}: ${told.length} dispositions, ${file.bars} candles`]),
      ...(new Set(told).size === told.length ? [] : [`${file.path}: a candle has two dispositions`]),
      ...(times === undefined || String(times) === String(told)
        ? []
        : [`${file.path}: other candles in the CSV`]),
    ];
  });
  const told = new Set(rows.map((row) => row.file_id));
  const silent = files.filter(
    ({ status, file_id: id }) => /^(processed|deleted)$/.test(status) && !told.has(id),
  );
  return [...problems, ...silent.map((file) => `${file.path} is ${file.status} and has no disposition`)];
};

interface Copy {
  readonly kind: string;
  readonly line: string;
  readonly where: string;
}

const linesOf = (csv: string): Map<number, string> =>
  new Map(
    readFileSync(csv, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => [Number(line.slice(0, line.indexOf(','))), line] as const),
  );

/**
 * Of what one version did with the copies of a candle, where their CSVs are still there: the newest fetched one is the
 * one that was trained, a tombstone never is, and a candle that ended as removed ends with a tombstone.
 */
const checkCopies = (rows: readonly Row[], files: readonly FileRow[], request: CheckRequest): string[] => {
  const order = [...files].sort((a, b) => a.fetched_at - b.fetched_at || a.seq - b.seq);
  const csvOf = new Map(order.map((file) => [file.file_id, path.join(request.dataDir, file.path)]));
  const ofFile = grouped(rows, (row) => row.file_id);
  const copies = new Map<string, Copy[]>();
  for (const [id, csv] of csvOf) {
    const lines = existsSync(csv) ? linesOf(csv) : new Map<number, string>();
    for (const row of ofFile.get(id) ?? [])
      for (const time of barsOf(row, request.timeframeMs)) {
        const key = `${row.lineage} ${row.version_id} ${time}`;
        const where = `${row.lineage} at ${time}`;
        copies.set(key, [...(copies.get(key) ?? []), { kind: row.kind, line: lines.get(time) ?? '', where }]);
      }
  }
  return [...copies.values()].flatMap(problemsOfCopies);
};

const problemsOfCopies = (copies: readonly Copy[]): string[] => {
  const isTombstone = ({ line }: Copy): boolean => line.endsWith(',,,,,');
  const [last] = copies.slice(-1);
  const where = last!.where;
  const older = copies.slice(0, -1);
  return [
    ...copies
      .filter((copy) => copy.kind === 'trained' && isTombstone(copy))
      .map(() => `${where}: a tombstone was trained`),
    ...older.filter(({ kind }) => kind === 'trained').map(() => `${where}: an older copy was trained`),
    ...(last!.kind === 'removed' && last!.line !== '' && !isTombstone(last!)
      ? [`${where}: removed, but its newest copy is a candle`]
      : []),
    ...(last!.kind !== 'removed' && copies.some(({ kind }) => kind === 'removed')
      ? [`${where}: an older copy is removed, the newest is ${last!.kind}`]
      : []),
  ];
};

interface Head {
  readonly lineage: string;
  readonly trainedRanges: readonly { readonly fromMs: number; readonly toMs: number }[];
}

const json = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

const headOf = ({ modelsDir }: CheckRequest, { head_version_id: id, series }: Lineage): Head => {
  const file = path.join(modelsDir, 'registry', id!, 'heads.json');
  return (json(file) as { series: Record<string, { head: Head }> }).series[series]!.head;
};

/** No candle is trained twice, and the trained ranges of the head are the union of what was trained. */
const checkLineage = (rows: readonly Run[], lineage: Lineage, request: CheckRequest): string[] => {
  const stepMs = request.timeframeMs;
  const trained = rows
    .filter((row) => row.lineage === lineage.lineage && row.kind === 'trained')
    .flatMap((row) => barsOf(row, stepMs))
    .sort((a, b) => a - b);
  const twice = trained.filter((time, i) => time === trained[i - 1]);
  const doubled = twice.map((time) => `${lineage.lineage}: the candle at ${time} was trained twice`);
  if (lineage.head_version_id === null) return doubled;
  const ranges = headOf(request, lineage).trainedRanges;
  const known = ranges.flatMap(({ fromMs, toMs }) =>
    Array.from({ length: (toMs - fromMs) / stepMs + 1 }, (_, i) => fromMs + i * stepMs),
  );
  return String(known) === String(trained)
    ? doubled
    : [
        ...doubled,
        `${lineage.lineage}: the head knows ${known.length} candles, ${trained.length} were trained`,
      ];
};

type Counts = Readonly<Record<string, number>>;

interface Metadata {
  readonly dispositions: Counts & { readonly series: Readonly<Record<string, Counts>> };
}

/** What a version says is what its rows add up to. A branch repeats the rows of its parent, which are not its own. */
const checkMetadata = (
  rows: readonly Row[],
  lineages: readonly Lineage[],
  { modelsDir }: CheckRequest,
  folded: ReadonlySet<string>,
): string[] => {
  const first = new Map<string, string>();
  for (const { lineage } of lineages)
    for (const row of rows)
      if (row.lineage === lineage && !first.has(`${row.version_id} ${row.series}`))
        first.set(`${row.version_id} ${row.series}`, lineage);
  const own = rows.filter((row) => first.get(`${row.version_id} ${row.series}`) === row.lineage);
  return [...grouped(own, (row) => row.version_id)].flatMap(([id, mine]) => {
    const file = path.join(modelsDir, 'registry', id, 'metadata.json');
    if (!existsSync(file)) return [];
    const said = (json(file) as Metadata).dispositions;
    const kinds = ['trained', 'corrected_late', 'skipped_late', 'duplicate', 'removed'];
    return kinds.flatMap((kind) => {
      const found = mine.filter((row) => row.kind === kind).reduce((sum, row) => sum + row.candles, 0);
      const perSeries = Object.values(said.series).reduce((sum, counts) => sum + (counts[kind] ?? 0), 0);
      const isRight = folded.has(id) ? (said[kind] ?? 0) >= found : (said[kind] ?? 0) === found;
      return isRight && perSeries === (said[kind] ?? 0)
        ? []
        : [`${id} says ${said[kind]} (${perSeries} by series) ${kind}, its rows ${found}`];
    });
  });
};
