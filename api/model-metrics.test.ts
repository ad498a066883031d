import { expect, it } from 'vitest';
import { LedgerError } from '../ledger/errors.ts';
import { appWith, btc, candlesOf, quiet } from './app.fixture.ts';
import type { NewestCandles } from './ports.ts';

const scraped = (newestCandles: NewestCandles) => {
  const logged: object[] = [];
  const log = { ...quiet, error: (fields: object) => void logged.push(fields) };
  const { app } = appWith({ newestCandles, log });
  const regimes = async () =>
    [...(await (await app.request('/metrics')).text()).matchAll(/^autotrain_regime_probability\{/gm)].length;
  return { logged, regimes };
};

it('an altered archive that hides a regime from the metrics is logged, once however often they are asked for', async () => {
  let problem: string | undefined = 'the month 2024-01 differs from its hash';
  const { logged, regimes } = scraped((_, count) => {
    if (problem !== undefined) throw new LedgerError('CandleFileCorrupt', problem);
    return candlesOf(count);
  });
  for (let i = 0; i < 3; i += 1) expect(await regimes()).toBe(0);
  expect(logged).toMatchObject([{ series: btc, err: { message: problem } }]);
  problem = 'the month 2024-02 differs from its hash';
  expect(await regimes()).toBe(0);
  expect(logged).toHaveLength(2);
  problem = undefined;
  expect(await regimes()).toBe(4);
  expect(logged).toHaveLength(2);
});

it('a series without candles, or without a model, has no regime, and that is no news', async () => {
  const { logged, regimes } = scraped(() => candlesOf(0));
  expect(await regimes()).toBe(0);
  expect(logged).toEqual([]);
});
