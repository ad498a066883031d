import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Sqlite } from '../../../sqlite.ts';

/** What the checker is told. It shares no code with what it checks: SQL and files are read here as they lie there. */
export interface CheckRequest {
  readonly ledgerFile: string;
  readonly dataDir: string;
  readonly modelsDir: string;
  /** Where versions go that are pruned. */
  readonly modelArchiveDir: string;
  readonly controllerFile: string;
  /** A folder of `<exchange>_<SYMBOL>_<timeframe>.csv`: what the exchange gave as closed. */
  readonly truthDir: string;
  /** NDJSON of what engines were promised, and of what the witness saw. */
  readonly promised: string;
  readonly witnessed: string;
  readonly timeframeMs: number;
  readonly archiveDays: number;
  /** Each candle is trained on once, and has a disposition in the lineage of its series. */
  readonly strict: boolean;
  /** Paths of CSVs that the test itself damaged, relative to the data directory. */
  readonly damaged: readonly string[];
}

/** `lost`, `doubled`, `torn`, `orphan` count as DESIGN §9 defines them; `wrong` is whatever else does not add up. */
export interface Problem {
  readonly kind: 'lost' | 'doubled' | 'torn' | 'orphan' | 'wrong';
  readonly what: string;
}

export const problem = (kind: Problem['kind'], what: string): Problem => ({ kind, what });

/** All that is read is of one moment, that of the first statement: engines may go on meanwhile. */
export const reading = <T>(file: string, work: (db: Sqlite.Database) => T): T => {
  const db = new Sqlite(file, { readonly: true, timeout: 10_000 });
  try {
    return db.transaction(work)(db);
  } finally {
    db.close();
  }
};

export const all = <T>(db: Sqlite.Database, statement: string): T[] => db.prepare(statement).all() as T[];

export const lines = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];

export const notes = <T>(file: string): T[] => lines(file).map((line) => JSON.parse(line) as T);

/** Names of files under a folder, relative to it. */
export const filesUnder = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    : [];

export interface FileRow {
  readonly file_id: string;
  readonly path: string;
  readonly kind: string;
  readonly exchange: string;
  readonly symbol: string;
  readonly timeframe: string;
  readonly bars: number;
  readonly status: string;
  readonly fetched_at: number;
  readonly archived_at: number | null;
  readonly claim_fence: number | null;
}

export type Candle = readonly [openTimeMs: number, ...values: string[]];

/** The rows of a CSV, with or without a header. */
export const candlesOf = (file: string): Candle[] =>
  lines(file)
    .map((line) => line.split(','))
    .filter(([time]) => /^\d+$/.test(time ?? ''))
    .map(([time, ...values]) => [Number(time), ...values] as const);
