import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseCase } from './reference/case.ts';
import { checkCase } from './reference/check-case.ts';
import type { Comparison } from './reference/comparison.ts';

/** Made by hmmlearn 0.3.3 and an 80-bit reference; the README beside them says how. */
const folder = fileURLToPath(new URL('../../shared/data/hmm/', import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

const failuresOf = (text: string) => {
  const comparison: Comparison = { worst: {}, failures: [] };
  checkCase('case', parseCase(text), comparison);
  return comparison.failures;
};

describe('compat mode gives what hmmlearn 0.3.3 gives', () => {
  it('finds the cases', () => expect(files.length).toBe(40));

  it.each(files)('%s', (file) => expect(failuresOf(readFileSync(folder + file, 'utf8'))).toEqual([]));
});

type Nest = { [key: string]: Nest } & number;

/** The text of a case with one number changed. */
const spoilt = (text: string, path: string, change: (value: number) => number): string => {
  const value = JSON.parse(text) as Nest;
  const keys = path.split('.');
  const last = keys.pop()!;
  const parent = keys.reduce((nest, key) => nest[key]!, value);
  Object.assign(parent, { [last]: change(parent[last]!) });
  return JSON.stringify(value);
};

describe('the check notices a wrong number', () => {
  const original = readFileSync(`${folder}base_full_T120_D2_K2.json`, 'utf8');

  it.each<[string, (value: number) => number]>([
    ['after10.log.covars.0.0.0', (x) => x * (1 + 1e-7)],
    ['after1.scaling.covars.1.0.1', (x) => x + 1e-8],
    ['at_init.posteriors.7.0', (x) => x + 1e-9],
    ['at_init.filtered.119.1', (x) => x - 1e-9],
    ['at_init.loglik', (x) => x * (1 + 1e-10)],
    ['at_init.viterbi.path.3', (x) => 1 - x],
    ['priors.covars_prior', (x) => 2 * x],
    ['X.50.1', (x) => x + 1e-6],
  ])('%s', (path, change) => {
    expect(failuresOf(original)).toEqual([]);
    expect(failuresOf(spoilt(original, path, change)).length).toBeGreaterThan(0);
  });

  it('refuses a file that is no case', () =>
    expect(() => failuresOf('{"X": []}')).toThrow(/not a reference case/));
});
