import type { Step } from '../streams.ts';
import { columnsOf, numbersOf } from './table.ts';

/** Columns x1… (features; x₀ = 1 is not stored), m0… (true means), r0… (rewards), a row for each step. */
export const parseStream = (text: string): Step[] => {
  const { header, rows } = numbersOf(text);
  const [x, m, r] = ['x', 'm', 'r'].map((letter) => columnsOf(header, letter)) as [
    number[],
    number[],
    number[],
  ];
  if (m.length !== r.length) throw new RangeError(`${m.length} means but ${r.length} rewards`);
  return rows.map((row) => ({
    x: Float64Array.from([1, ...x.map((column) => row[column]!)]),
    means: m.map((column) => row[column]!),
    rewards: r.map((column) => row[column]!),
  }));
};
