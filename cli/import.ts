/** Candles from outside into the ledger: all that is certain, and the rest refused by line and reason. */
import { readdirSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { type Config, loadConfig } from '../config.ts';
import { importAll } from '../ledger/import/import-all.ts';
import type { ImportedFile, ImportOptions } from '../ledger/import/import-file.ts';
import { timeUnits } from '../ledger/import/times.ts';
import { whileHeld } from '../ledger/in-use.ts';
import { openLedger } from '../ledger/open.ts';
import { parseSeries, type Series, seriesKey } from '../series.ts';
import { type Said, UsageError } from './cli.ts';
import { ledgerOf } from './find-config.ts';
import { describeImport } from './import-text.ts';
import type { Bar } from './progress.ts';

/** As they were written. */
export interface ImportArguments {
  readonly series?: string;
  readonly unit?: string;
  readonly asOf?: string;
  readonly strict?: boolean;
  readonly overGap?: boolean;
  readonly dryRun?: boolean;
}

const seriesOf = ({ series }: ImportArguments): Series => {
  if (series === undefined) throw new UsageError('--series is needed');
  try {
    return parseSeries(series);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
};

const asOfOf = (text: string | undefined): { asOfMs?: number } => {
  if (text === undefined) return {};
  const asOfMs = /^\d{13}$/.test(text) ? Number(text) : Date.parse(text);
  if (/(Z|[+-]\d{2}:\d{2})$|^\d{13}$/.test(text) && Number.isFinite(asOfMs)) return { asOfMs };
  throw new UsageError(
    `--as-of takes epoch ms or a time with its zone, such as 2023-06-21T14:25Z, not "${text}"`,
  );
};

const unitOf = (text: string | undefined): Pick<ImportOptions, 'unit'> => {
  if (text === undefined) return {};
  const unit = timeUnits.find((known) => known === text);
  if (unit) return { unit };
  throw new UsageError(`--unit is one of ${timeUnits.join(', ')}, not "${text}"`);
};

const optionsOf = (given: ImportArguments, bar: Bar): ImportOptions => ({
  ...unitOf(given.unit),
  ...asOfOf(given.asOf),
  strict: given.strict ?? false,
  overGap: given.overGap ?? false,
  dryRun: given.dryRun ?? false,
  nowMs: Date.now(),
  progress: (done, total) => bar.at(done, total),
});

const isCandleFile = (name: string): boolean => /^[^.].*\.(csv|tsv|txt)(\.gz)?$/i.test(name);

const filesAt = (from: string): string[] => {
  if (!statSync(from).isDirectory()) return [from];
  const names = readdirSync(from, { withFileTypes: true }).filter((entry) => !entry.isDirectory());
  const files = names
    .map(({ name }) => name)
    .filter(isCandleFile)
    .sort();
  if (files.length === 0) throw new Error(`${from} holds no .csv, .tsv or .txt file, plain or .gz`);
  return files.map((name) => path.join(from, name));
};

/** Where a ledger is; a place that is named in so many words may also get a new one. */
const configOf = (env: NodeJS.ProcessEnv): Config => {
  const named = loadConfig(env, { envFile: path.resolve('.env') });
  if (named.explicit.has('LEDGER_DB') || named.explicit.has('DATA_DIR')) return named;
  return ledgerOf(env);
};

interface Wanted {
  readonly series: Series;
  readonly files: readonly string[];
  readonly options: ImportOptions;
}

const importInto = (config: Config, { series, files, options }: Wanted): ImportedFile[] => {
  const { dataDir, landingDir, ledgerFile } = config.paths;
  const ledger = openLedger({
    path: ledgerFile,
    domain: config.domain,
    readonly: options.dryRun,
    older: config,
  });
  try {
    const landing = path.relative(dataDir, landingDir);
    return importAll(
      { ledger, dataDir, landing, series, actor: `cli:${userInfo().username}` },
      files,
      options,
    );
  } finally {
    ledger.close();
  }
};

/** A restore would set aside what is stored meanwhile; a dry run stores nothing. */
const run = (env: NodeJS.ProcessEnv, from: string, given: ImportArguments, bar: Bar): ImportedFile[] => {
  const wanted = { series: seriesOf(given), options: optionsOf(given, bar), files: filesAt(from) };
  const config = configOf(env);
  const work = () => importInto(config, wanted);
  return wanted.options.dryRun ? work() : whileHeld(config.paths.ledgerFile, work);
};

const isWhole = ({ outcome, refusedRows }: ImportedFile): boolean =>
  outcome !== 'refused' && refusedRows === 0;

const total = (files: readonly ImportedFile[], of: (file: ImportedFile) => number): number =>
  files.reduce((sum, file) => sum + of(file), 0);

const reportOf = (series: string, dryRun: boolean, files: readonly ImportedFile[]) => ({
  ok: files.every(isWhole),
  series,
  dryRun,
  accepted: total(files, ({ outcome, accepted }) => (outcome === 'imported' ? accepted : 0)),
  stored: total(files, ({ stored }) => stored),
  refusedRows: total(files, ({ refusedRows }) => refusedRows),
  refusedFiles: files.filter(({ outcome }) => outcome === 'refused').length,
  files,
});

export type ImportReport = ReturnType<typeof reportOf>;

/** Exit code 3: rows or files were refused, and what is certain was stored. */
export const importCandles = (
  env: NodeJS.ProcessEnv,
  from: string,
  given: ImportArguments,
  bar: Bar,
): Said => {
  const files = run(env, from, given, bar);
  const report = reportOf(seriesKey(seriesOf(given)), given.dryRun ?? false, files);
  return { value: report, text: describeImport(report), ok: report.ok, code: report.ok ? 0 : 3 };
};
