/**
 * `autotrain import FILE|DIR --series S`: candles from outside into the ledger. `--json`: one object on stdout. Exit code 0:
 * all of it is certain; 1: the import failed; 2: wrong use; 3: rows or files were refused (what is certain was stored).
 */
import { readdirSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Config, loadConfig } from '../config.ts';
import { importAll } from '../ledger/import/import-all.ts';
import type { ImportedFile, ImportOptions } from '../ledger/import/import-file.ts';
import { timeUnits } from '../ledger/import/times.ts';
import { openLedger } from '../ledger/open.ts';
import { parseSeries, type Series, seriesKey } from '../series.ts';
import { findConfig } from './find-config.ts';
import { describeImport } from './import-text.ts';

const usage = `usage: autotrain import FILE|DIR --series binance:BTC/USDT:1h [--unit ${timeUnits.join('|')}] [--as-of TIME]
       [--strict] [--over-gap] [--dry-run] [--json]`;

class UsageError extends Error {}

const options = {
  series: { type: 'string' },
  unit: { type: 'string' },
  'as-of': { type: 'string' },
  strict: { type: 'boolean', default: false },
  'over-gap': { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

const readArguments = (argv: readonly string[]) => {
  try {
    const { positionals, values } = parseArgs({ args: [...argv], options, allowPositionals: true });
    const [from, ...more] = positionals;
    if (from === undefined || more.length > 0) throw new UsageError('name one file or folder');
    return { ...values, from };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
};

type Arguments = ReturnType<typeof readArguments>;

const seriesOf = ({ series }: Arguments): Series => {
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

const optionsOf = (given: Arguments): ImportOptions => ({
  ...unitOf(given.unit),
  ...asOfOf(given['as-of']),
  strict: given.strict,
  overGap: given['over-gap'],
  dryRun: given['dry-run'],
  nowMs: Date.now(),
  progress: (pass, lines) => process.stderr.write(`${pass}: ${lines} lines\n`),
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
  return findConfig(env, 'ledger', ({ paths }) => paths.ledgerFile);
};

const run = (env: NodeJS.ProcessEnv, given: Arguments): ImportedFile[] => {
  const series = seriesOf(given);
  const wanted = optionsOf(given);
  const files = filesAt(given.from);
  const config = configOf(env);
  const { dataDir, landingDir, ledgerFile } = config.paths;
  const ledger = openLedger({
    path: ledgerFile,
    domain: config.domain,
    readonly: wanted.dryRun,
    older: config,
  });
  try {
    const landing = path.relative(dataDir, landingDir);
    return importAll(
      { ledger, dataDir, landing, series, actor: `cli:${userInfo().username}` },
      files,
      wanted,
    );
  } finally {
    ledger.close();
  }
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

/** The answer and the exit code. */
export const importCommand = (
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): { readonly code: number; readonly text: string } => {
  const json = argv.includes('--json');
  const refused = (code: number, reason: string) => ({
    code,
    text: json ? JSON.stringify({ ok: false, reason }) : reason,
  });
  try {
    const given = readArguments(argv);
    const report = reportOf(seriesKey(seriesOf(given)), given['dry-run'], run(env, given));
    return { code: report.ok ? 0 : 3, text: json ? JSON.stringify(report) : describeImport(report) };
  } catch (error) {
    if (error instanceof UsageError) return refused(2, `${error.message}\n${usage}`);
    return refused(1, (error as Error).message);
  }
};
