/** What the checker lets pass, and what it must not. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { openFresh } from '../../../ledger/fresh.fixture.ts';
import { candles, genesisMs, hourMs, land } from '../../../ledger/ledger.fixture.ts';
import { Sqlite } from '../../../sqlite.ts';
import { until } from '../../support/until.ts';
import { start } from '../processes.ts';
import { checkCandles } from './candles.ts';
import { checkNow } from './check.ts';
import { type CheckRequest, lines, reading } from './store.ts';

const setUp = () => {
  const { ledger, dataDir, path: ledgerFile } = openFresh();
  const at = (name: string): string => path.join(dataDir, name);
  land({ ledger, dataDir }, { from: 0, count: 10 });
  const file = land({ ledger, dataDir }, { from: 10, count: 10 });
  mkdirSync(at('truth'));
  writeFileSync(
    path.join(at('truth'), 'binance_BTCUSDT_1h.csv'),
    candles(0, 20)
      .map((candle) => `${candle.join(',')}\n`)
      .join(''),
  );
  const request: CheckRequest = {
    ...{ ledgerFile, dataDir, modelsDir: at('models'), modelArchiveDir: at('old'), truthDir: at('truth') },
    ...{ controllerFile: at('none'), promised: at('none'), witnessed: at('witness.ndjson') },
    ...{ timeframeMs: hourMs, archiveDays: 365, strict: false, damaged: [file.path] },
  };
  const found = (): string[] =>
    reading(ledgerFile, (db) => checkCandles(db, request).map(({ kind, what }) => `${kind}: ${what}`));
  const bySql = (statement: string): void => {
    const db = new Sqlite(ledgerFile);
    db.exec(statement);
    db.close();
  };
  return { ledger, dataDir, file, request, found, bySql };
};

it('candles of a damaged file are excused while they are a gap that is asked for again, and no longer', () => {
  const { ledger, file, found, bySql } = setUp();
  expect(found()).toEqual([`wrong: ${file.path} is damaged, and downloaded`]);
  ledger.quarantine({ fileId: file.fileId, reason: 'differs from its hash' });
  expect(found()).toEqual([]);
  for (const sql of [
    "update gaps set state = 'filled'",
    "update gaps set state = 'outage'",
    'delete from gaps',
  ]) {
    bySql(sql);
    expect(found(), sql).toHaveLength(10);
    expect(found()[0], sql).toBe(`lost: binance:BTC/USDT:1h at ${genesisMs + 10 * hourMs}: no current copy`);
  }
});

it('a candle that is there and listed as missing is no excuse but a contradiction', () => {
  const { ledger, file, found, bySql } = setUp();
  ledger.quarantine({ fileId: file.fileId, reason: 'differs from its hash' });
  bySql(`update gaps set from_ms = ${genesisMs + 9 * hourMs}, missing = 11`);
  expect(found()).toEqual([expect.stringContaining('there, and listed as missing')]);
});

const sample = (agoMs: number, reads: number) => ({
  ...{ at: Date.now() - agoMs, reads, watermarks: {}, promoted: 0, fence: 0, serving: 0 },
});

it.each([
  ['was never there', [], 'has taken no sample'],
  ['died', [sample(60_000, 1), sample(40_000, 9)], 'read nothing for'],
  ['samples, but reads no more', [40_000, 20_000, 1_000].map((ago) => sample(ago, 5)), 'read nothing for'],
  ['was away', [sample(60_000, 1), sample(20_000, 9), sample(100, 99)], 'read nothing for'],
])('a witness that %s is no witness', (_, samples, what) => {
  const { request } = setUp();
  writeFileSync(request.witnessed, samples.map((one) => `${JSON.stringify(one)}\n`).join(''));
  expect(checkNow(request).problems).toMatchObject([{ kind: 'wrong', what: expect.stringContaining(what) }]);
});

it('the witness that looks on is heard of; one that cannot read the ledger says why it ended', async () => {
  const { request, dataDir } = setUp();
  const witness = start('witness.mjs', [request.modelsDir, request.ledgerFile, request.witnessed]);
  await until('the witness has sampled twice', () => lines(request.witnessed).length > 1, 60_000);
  await witness.kill();
  expect(checkNow(request).problems).toEqual([]);
  const noLedger = path.join(dataDir, 'no-ledger');
  writeFileSync(noLedger, 'this is no database, however long it is read '.repeat(100));
  const lost = start('witness.mjs', [request.modelsDir, noLedger, `${request.witnessed}-2`]);
  expect(await lost.gone).toBeNull();
  expect(lost.child.exitCode).not.toBe(0);
  expect(lost.said()).toMatch(/not a database/);
});
