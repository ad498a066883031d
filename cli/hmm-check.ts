/**
 * `npm run hmm:check -- FILE.json…`: runs reference cases (the form of ../shared/data/hmm) through both
 * kernels of hmm/.
 * With --json: `{cases, passed, failed, worst, failures}` on stdout. Exit code 1 when a case differs, 2 on wrong use.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseCase } from '../hmm/reference/case.ts';
import { checkCase } from '../hmm/reference/check-case.ts';
import type { Comparison, Failure } from '../hmm/reference/comparison.ts';

export interface HmmCheck {
  readonly cases: number;
  readonly passed: number;
  readonly failed: number;
  /** Largest deviation of each quantity, relative or absolute as its tolerance is. */
  readonly worst: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
}

/** A file that cannot be read or is no case counts as a failed one. */
export const checkFiles = (files: readonly string[]): HmmCheck => {
  const comparison: Comparison = { worst: {}, failures: [] };
  for (const file of files) checkFile(file, comparison);
  const failed = new Set(comparison.failures.map(({ file }) => file)).size;
  return { cases: files.length, passed: files.length - failed, failed, ...comparison };
};

const checkFile = (file: string, comparison: Comparison): void => {
  try {
    checkCase(file, parseCase(readFileSync(file, 'utf8')), comparison);
  } catch (error) {
    comparison.failures.push({ file, what: 'the case runs', got: String(error), want: 'numbers' });
  }
};

const describe = ({ cases, passed, worst, failures }: HmmCheck): string => {
  const [first] = failures;
  return [
    `${passed} of ${cases} cases passed`,
    ...Object.entries(worst).map(([what, deviation]) => `  ${what.padEnd(28)} ${deviation.toExponential(1)}`),
    ...(first
      ? [
          `${basename(first.file)}, ${first.kernel ?? 'either'} kernel: ${first.what}: got ${JSON.stringify(first.got)}, want ${JSON.stringify(first.want)}`,
        ]
      : []),
  ].join('\n');
};

const main = (argv: readonly string[]): number => {
  const files = argv.filter((word) => !word.startsWith('--'));
  const unknown = argv.filter((word) => word.startsWith('--') && word !== '--json');
  if (files.length === 0 || unknown.length > 0) {
    process.stderr.write(`${unknown.join(' ')} usage: npm run hmm:check -- [--json] FILE.json…\n`);
    return 2;
  }
  const result = checkFiles(files);
  process.stdout.write(`${argv.includes('--json') ? JSON.stringify(result) : describe(result)}\n`);
  return result.failed === 0 ? 0 : 1;
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  process.exitCode = main(process.argv.slice(2));
