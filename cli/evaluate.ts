/**
 * `npm run evaluate -- [--quick] [--json] FILE.csv[.gz]…`: chooses and judges models of the candles in each file, and
 * compares one model for all files of a timeframe with one each.
 * With --json: `{ok, summary, series, scopes}` on stdout. Exit code 1 when a check does not hold or a file cannot be judged,
 * 2 on wrong use.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { trainSeriesModel } from '../activities/train-series-model.ts';
import { type Effort, evaluateSeries, fullEffort, quickEffort } from '../backtest/evaluate-series.ts';
import type { PromotionOptions } from '../backtest/promotions.ts';
import { type ScopeReport, scopeReport } from '../backtest/scope.ts';
import { type CandleColumns, toColumns, withoutRemoved } from '../ledger/candle-columns.ts';
import { readLines, valuesOf } from '../ledger/candle-csv.ts';
import { timeframesMs } from '../series.ts';
import { checksOf, type EvaluatedFile } from './evaluation-checks.ts';
import { describeScope, describeSeries } from './evaluation-text.ts';

interface FailedFile {
  readonly file: string;
  readonly error: string;
}

/** Gzip is told by its first two bytes, not by the name. Throws `CandleFileCorrupt` with file, line and reason. */
const readCandleFile = (file: string): CandleColumns => {
  const bytes = readFileSync(file);
  const text = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
  const lines = readLines(text, file);
  const candles = new Map(lines.map((line, i) => [line.openTimeMs, valuesOf(line, file, i + 2)]));
  return toColumns(withoutRemoved(candles));
};

/** The commonest step between candles. Throws when it is no timeframe. */
const timeframeOf = ({ openTimeMs }: CandleColumns, file: string): string => {
  const counts = new Map<number, number>();
  for (let t = 1; t < openTimeMs.length; t++) {
    const step = openTimeMs[t]! - openTimeMs[t - 1]!;
    counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  const [common] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [0];
  const found = Object.entries(timeframesMs).find(([, ms]) => ms === common);
  if (found) return found[0];
  const allowed = Object.keys(timeframesMs).join(' ');
  throw new Error(`${file}: candles are ${common} ms apart; a timeframe is one of ${allowed}`);
};

const seed = 42;

/** As configured by default. */
const nStates = 4;

/** The trainer of sliding mode and its gate as configured by default. */
const trainerOf =
  (timeframeMs: number): PromotionOptions['train'] =>
  (columns, champion, look) =>
    trainSeriesModel(
      {
        ...{ columns, timeframeMs, nStates, covarianceType: 'full', seed, restarts: 3, isBare: true },
        ...(champion ? { champion } : {}),
        gate: { alpha: 0.05, minDelta: 0, minCandles: 500, look },
      },
      () => {},
    );

interface CandleFile {
  readonly file: string;
  readonly columns: CandleColumns;
  readonly timeframe: string;
}

const readFile = (file: string): CandleFile | FailedFile => {
  try {
    const columns = readCandleFile(file);
    return { file, columns, timeframe: timeframeOf(columns, file) };
  } catch (error) {
    return { file, error: messageOf(error) };
  }
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const millisecondsOf = (timeframe: string): number => timeframesMs[timeframe as keyof typeof timeframesMs];

const evaluateFile = (
  { file, columns, timeframe }: CandleFile,
  effort: Effort,
): EvaluatedFile | FailedFile => {
  const started = performance.now();
  const say = (stage: string): void => void process.stderr.write(`${basename(file)}: ${stage}\n`);
  const timeframeMs = millisecondsOf(timeframe);
  try {
    const evaluation = evaluateSeries(columns, {
      ...{ timeframeMs, seed, effort, nStates, train: trainerOf(timeframeMs), onStage: say },
    });
    const seconds = Math.round((performance.now() - started) / 1000);
    const candles = columns.openTimeMs.length;
    return { file, timeframe, candles, seconds, checks: checksOf(evaluation), evaluation };
  } catch (error) {
    return { file, error: messageOf(error) };
  }
};

/** By timeframe, where there are several files of it. */
const compareScopes = (
  files: readonly CandleFile[],
  { scope }: Effort,
): Record<string, ScopeReport | { readonly error: string }> => {
  const timeframes = [...new Set(files.map(({ timeframe }) => timeframe))];
  const groups = timeframes.map((timeframe) => files.filter((one) => one.timeframe === timeframe));
  const compare = (group: readonly CandleFile[]): ScopeReport | { readonly error: string } => {
    const timeframeMs = millisecondsOf(group[0]!.timeframe);
    try {
      return scopeReport(Object.fromEntries(group.map(({ file, columns }) => [basename(file), columns])), {
        ...{ timeframeMs, ...scope },
        fit: { nStates, covarianceType: 'full', seed, restarts: 3, tolerance: 1e-5 },
      });
    } catch (error) {
      return { error: messageOf(error) };
    }
  };
  return Object.fromEntries(
    groups.filter((group) => group.length > 1).map((group) => [group[0]!.timeframe, compare(group)]),
  );
};

const failuresOf = (one: EvaluatedFile | FailedFile): string[] =>
  'error' in one
    ? [`${basename(one.file)}: ${one.error}`]
    : one.checks.filter(({ pass }) => !pass).map(({ name, got }) => `${basename(one.file)}: ${name}: ${got}`);

const usage = 'usage: npm run evaluate -- [--quick] [--json] FILE.csv[.gz]…\n';

export const main = (argv: readonly string[]): number => {
  const files = argv.filter((word) => !word.startsWith('--'));
  const unknown = argv.filter((word) => word.startsWith('--') && !['--json', '--quick'].includes(word));
  if (files.length === 0 || unknown.length > 0) {
    process.stderr.write(`${unknown.map((word) => `${word} is not an option; `).join('')}${usage}`);
    return 2;
  }
  const effort = argv.includes('--quick') ? quickEffort : fullEffort;
  const read = files.map(readFile);
  const series = read.map((one) => ('error' in one ? one : evaluateFile(one, effort)));
  const scopes = compareScopes(
    read.filter((one): one is CandleFile => !('error' in one)),
    effort,
  );
  const failures = [
    ...series.flatMap(failuresOf),
    ...Object.entries(scopes).flatMap(([timeframe, one]) =>
      'error' in one ? [`scope of ${timeframe}: ${one.error}`] : [],
    ),
  ];
  const ok = failures.length === 0;
  const summary = {
    files: files.length,
    seed,
    effort: argv.includes('--quick') ? 'quick' : 'full',
    failures,
  };
  const text = [
    ...series.map((one) => ('error' in one ? `${one.file}: ${one.error}` : describeSeries(one))),
    ...Object.entries(scopes).map(([timeframe, one]) =>
      'error' in one ? `${timeframe}: ${one.error}` : describeScope(timeframe, one),
    ),
  ];
  const verdict = ok ? 'all checks hold' : `does not hold:\n  ${failures.join('\n  ')}`;
  process.stdout.write(
    argv.includes('--json')
      ? `${JSON.stringify({ ok, summary, series, scopes })}\n`
      : `${[...text, verdict].join('\n\n')}\n`,
  );
  return ok ? 0 : 1;
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  process.exitCode = main(process.argv.slice(2));
