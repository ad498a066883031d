import { readFileSync } from 'node:fs';
import type { Step } from './streams.ts';

const folder = new URL('../../shared/data/bandit/', import.meta.url);

export const readReference = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

/** Columns t, x1..x7, m0..m4, r0..r4. */
const parseStep = (line: string): Step => {
  const numbers = line.split(',').map(Number);
  return {
    x: Float64Array.from([1, ...numbers.slice(1, 8)]),
    means: numbers.slice(8, 13),
    rewards: numbers.slice(13, 18),
  };
};

export const readStream = (name: string): Step[] =>
  readFileSync(new URL(name, folder), 'utf8').trim().split('\n').slice(1).map(parseStep);
