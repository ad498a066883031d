import { expect, it } from 'vitest';
import { atLeast, atMost, geometricMean, holds, resultOf } from '../result.ts';
import { table } from '../table.ts';
import { hasCompiler } from './c-peer.ts';
import { compare } from './compare.ts';
import { findHmmlearn } from './hmmlearn-peer.ts';
import { doublesPerCell } from './memory.ts';
import { perBar } from './per-bar.ts';
import { race } from './race.ts';
import { slowestSetUp } from './set-up.ts';
import { gainsOfSecondThread } from './threads.ts';

const sizes = [{ nRows: 300, nFeatures: 2, nStates: 2 }];

it('all contestants that are here do the same work', async () => {
  const python = findHmmlearn();
  const hasC = hasCompiler();
  const rows = await compare({ sizes, iterations: 3, rounds: 1, python, hasC });
  expect(rows.map(({ name }) => name.split(' ')[0])).toEqual(
    ['diag', 'full'].flatMap(() => ['fit_vs_log', 'fit_vs_scaling', 'fit_vs_c', 'plain_vs_log', 'predict']),
  );
  for (const { name, ours, peer } of rows) {
    expect(ours).toBeGreaterThanOrEqual(0);
    expect(peer !== null).toBe(name.startsWith('fit_vs_c ') ? hasC : python !== undefined);
  }
});

it('contestants that find different things are not compared', async () => {
  const contestant = (name: string, logLikelihood: number) => ({
    name,
    lap: () => ({ seconds: 1, logLikelihood }),
  });
  await expect(race('r', [contestant('a', -100), contestant('b', -100.001)], 1)).rejects.toThrow(
    /not the same work/,
  );
  expect(await race('r', [contestant('a', -100), contestant('b', -100 + 1e-8)], 1)).toEqual({ a: 1, b: 1 });
});

it('the other parts run', async () => {
  expect(slowestSetUp(sizes)).toBeGreaterThan(0);
  expect(doublesPerCell([{ nRows: 20_000, nFeatures: 2, nStates: 2 }])).toBeLessThan(3);
  const { online, step } = perBar(50, 1);
  expect([online, step].every((value) => value >= 0)).toBe(true);
  const helperUrl = new URL('../../tests/fit-helper.mjs', import.meta.url);
  const gains = await gainsOfSecondThread({ rows: 60, spins: 1000, rounds: 1, helperUrl });
  expect(Object.values(gains).every((gain) => gain > 0)).toBe(true);
});

it('a bar that could not be measured does not fail; one that is missed does', () => {
  expect(holds(atLeast(16, 15.9))).toBe(false);
  expect(holds(atMost(1.25, 1.3))).toBe(false);
  expect(holds(atMost(1.25, Number.NaN))).toBe(false);
  expect(geometricMean([2, 8])).toBeCloseTo(4);
  const result = resultOf({ a: atLeast(16, null), b: atMost(40, 12) }, [], ['no peer']);
  expect(result.ok).toBe(true);
  expect(table(result)).toMatch(/a +want ≥ 16 +got –[^]*no peer/);
  expect(resultOf({ a: atLeast(16, 3) }, [], []).ok).toBe(false);
});
