import { type BenchResult, holds } from './result.ts';

/** For people: the rows, then each bar with what was wanted and measured. */
export const table = ({ bars, rows, notes }: BenchResult): string =>
  [
    line('', 'ours', 'peer', 'ratio', 'unit'),
    ...rows.map(({ name, ours, peer, ratio, unit }) =>
      line(name, figure(ours), figure(peer), figure(ratio), unit),
    ),
    '',
    ...Object.entries(bars).map(
      ([name, bar]) =>
        `${holds(bar) ? ' ' : '✗'} ${name.padEnd(34)} want ${bar.want.padEnd(8)} got ${figure(bar.got)}`,
    ),
    ...notes.map((note) => `  ${note}`),
  ].join('\n');

const line = (name: string, ours: string, peer: string, ratio: string, unit: string): string =>
  `${name.padEnd(46)} ${ours.padStart(9)} ${peer.padStart(9)} ${ratio.padStart(7)} ${unit}`;

const figure = (value: number | null): string => (value === null ? '–' : value.toPrecision(3));
