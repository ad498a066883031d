import { afterEach, expect, it } from 'vitest';
import { LedgerError } from '../ledger/errors.ts';
import { openFresh } from '../ledger/fresh.fixture.ts';
import { btc } from '../ledger/ledger.fixture.ts';
import { until } from '../tests/support/until.ts';
import { fixedModels, quiet } from './app.fixture.ts';
import { type Live, type LiveChange, openLive } from './live.ts';

let live: Live | undefined;
afterEach(() => live?.stop());

it('a ledger that cannot be read leaves the gateway alive: it is said once, the newest value stays, and what comes later is told', async () => {
  const { ledger } = openFresh();
  const logged: string[] = [];
  let problem: string | undefined;
  let asked = 0;
  const fileCounts = () => {
    asked += 1;
    if (problem !== undefined) throw new LedgerError('StorageUnavailable', problem);
    return ledger.fileCounts();
  };
  const error = (fields: object) => void logged.push((fields as { readonly err: Error }).err.message);
  live = openLive({
    ...{ ledger: { fileCounts, watermarks: ledger.watermarks }, models: fixedModels(undefined) },
    ...{ log: { ...quiet, error }, everyMs: 5 },
  });
  const told: LiveChange[] = [];
  live.onChange((change) => void told.push(change));
  const looks = async () => {
    const before = asked;
    await until('it looked again', () => asked > before + 2);
  };
  const known = live.newest();
  expect(known.map(({ topic }) => topic)).toEqual(['ledger', 'watermarks', 'model']);

  problem = 'the disk reports an error';
  await looks();
  expect(logged).toEqual([problem]);
  expect(live.newest()).toEqual(known);
  problem = 'it cannot be opened';
  await looks();
  expect(logged).toEqual(['the disk reports an error', problem]);

  ledger.startWatermark(btc, 0);
  await until('the other topics are followed', () => told.length > 0);
  expect(told.map(({ topic }) => topic)).toEqual(['watermarks']);

  problem = undefined;
  await looks();
  expect(logged).toHaveLength(2);
});
