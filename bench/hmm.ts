/**
 * `npm run bench:hmm -- [--json] [--quick]`: hmm/ against hmmlearn, and against the same loops in C, in one interleaved
 * run. The Python is `HMMLEARN_PYTHON`, else python3, if it has hmmlearn. Prints a table and the bars; exit code 1 when a bar that could be measured is missed, 2 on wrong use.
 */
import { pathToFileURL } from 'node:url';
import { hasCompiler } from './hmm/c-peer.ts';
import { sizes } from './hmm/case.ts';
import { compare } from './hmm/compare.ts';
import { findHmmlearn } from './hmm/hmmlearn-peer.ts';
import { doublesPerCell } from './hmm/memory.ts';
import { perBar } from './hmm/per-bar.ts';
import { slowestSetUp } from './hmm/set-up.ts';
import { gainsOfSecondThread, type Work } from './hmm/threads.ts';
import { atLeast, atMost, type BenchResult, geometricMean, type Row, resultOf } from './result.ts';
import { table } from './table.ts';

export interface BenchOptions {
  readonly quick: boolean;
}

export const bench = async ({ quick }: BenchOptions): Promise<BenchResult> => {
  const setUp = slowestSetUp(sizes);
  const python = findHmmlearn();
  const hasC = hasCompiler();
  const rows = await compare({ sizes, iterations: 10, rounds: quick ? 2 : 7, python, hasC });
  const slower = mean(rows, 'fit_vs_c');
  const memory = doublesPerCell(sizes);
  const { online, step } = perBar(20_000, quick ? 3 : 9);
  const gains = await gainsOfSecondThread({ rows: 5000, spins: 3e7, rounds: quick ? 3 : 25 });
  const efficiency = (work: Work): number => gains[work] / gains.busy;
  const bars = {
    fit_vs_log: atLeast(16, mean(rows, 'fit_vs_log')),
    fit_vs_scaling: atLeast(6, mean(rows, 'fit_vs_scaling')),
    predict: atLeast(9, mean(rows, 'predict')),
    time_vs_c: atMost(1.25, slower === null ? null : 1 / slower),
    set_up_ms: atMost(40, setUp),
    doubles_per_row_and_state: atMost(3, memory),
    parallel_series: atLeast(0.85, efficiency('series')),
    parallel_restarts: atLeast(0.85, efficiency('restarts')),
    parallel_sequences: atLeast(0.85, efficiency('sequences')),
    parallel_one_long_sequence: atLeast(0.85, efficiency('oneLongSequence')),
    online_us_per_bar: atMost(5, online),
  };
  const extra = [
    alone('online learning, a bar', online, 'CPU µs', quick ? 3 : 9),
    alone('step filter, a bar', step, 'CPU µs', quick ? 3 : 9),
    ...Object.entries(gains).map(([work, gain]) =>
      alone(`second thread: ${work}`, gain, 'times', quick ? 3 : 25),
    ),
  ];
  return resultOf(
    bars,
    [...rows, ...extra],
    [
      ...(python === undefined
        ? ['no Python with hmmlearn here (HMMLEARN_PYTHON): not compared with it']
        : []),
      ...(hasC ? [] : ['no gcc here: not compared with C']),
    ],
  );
};

/** A figure without a peer. */
const alone = (name: string, ours: number, unit: string, runs: number): Row => ({
  ...{ name, ours, unit, runs },
  ...{ peer: null, ratio: null, limit: null },
});

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
