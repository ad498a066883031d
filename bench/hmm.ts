/**
 * `npm run bench:hmm -- [--json] [--quick]`: hmm/ against hmmlearn, and against the same loops in C, in one interleaved
 * run. Prints a table and the bars; exit code 1 when a bar that could be measured is missed, 2 on wrong use.
 */
import { pathToFileURL } from 'node:url';
import { hasCompiler } from './hmm/c-peer.ts';
import { sizes } from './hmm/case.ts';
import { compare } from './hmm/compare.ts';
import { findHmmlearn } from './hmm/hmmlearn-peer.ts';
import { atLeast, atMost, type BenchResult, geometricMean, type Row, resultOf } from './hmm/result.ts';
import { table } from './hmm/table.ts';

export interface BenchOptions {
  readonly quick: boolean;
}

export const bench = async ({ quick }: BenchOptions): Promise<BenchResult> => {
  const python = findHmmlearn();
  const hasC = hasCompiler();
  const rows = await compare({ sizes, iterations: quick ? 5 : 10, rounds: quick ? 3 : 7, python, hasC });
  const slower = mean(rows, 'fit_vs_c');
  const bars = {
    fit_vs_log: atLeast(16, mean(rows, 'fit_vs_log')),
    fit_vs_scaling: atLeast(6, mean(rows, 'fit_vs_scaling')),
    predict: atLeast(9, mean(rows, 'predict')),
    time_vs_c: atMost(1.25, slower === null ? null : 1 / slower),
  };
  return resultOf(bars, rows, [
    ...(python === undefined ? ['no Python with hmmlearn here (HMMLEARN_PYTHON): not compared with it'] : []),
    ...(hasC ? [] : ['no gcc here: not compared with C']),
  ]);
};

/** Geometric mean of the ratios of the rows of one comparison. */
const mean = (rows: readonly Row[], comparison: string): number | null =>
  geometricMean(
    rows.flatMap(({ name, ratio }) => (name.startsWith(`${comparison} `) && ratio !== null ? [ratio] : [])),
  );

const main = async (argv: readonly string[]): Promise<number> => {
  const unknown = argv.filter((word) => word !== '--json' && word !== '--quick');
  if (unknown.length > 0) {
    process.stderr.write(`${unknown.join(' ')} usage: npm run bench:hmm -- [--json] [--quick]\n`);
    return 2;
  }
  const result = await bench({ quick: argv.includes('--quick') });
  process.stdout.write(`${argv.includes('--json') ? JSON.stringify(result) : table(result)}\n`);
  return result.ok ? 0 : 1;
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  process.exitCode = await main(process.argv.slice(2));
