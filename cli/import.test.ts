import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openLedger } from '../ledger/open.ts';
import { parseSeries } from '../series.ts';
import { autotrainCommand } from './autotrain.ts';

const dirty = new URL('../../shared/data/dirty/', import.meta.url).pathname;
const key = 'binance:BTC/USDT:1h';

const setUp = () => {
  const dir = mkdtempSync(join(tmpdir(), 'autotrain-import-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const ledgerFile = join(dir, 'manifest.sqlite');
  const env = { DATA_DIR: dir, DATA_LANDING: join(dir, 'incoming'), LEDGER_DB: ledgerFile };
  const run = async (...argv: string[]) => {
    const { code, text } = await autotrainCommand(['import', ...argv], env);
    return { code, text };
  };
  const json = async (...argv: string[]) => {
    const { code, text } = await run(...argv, '--series', key, '--json');
    return { code, report: JSON.parse(text) };
  };
  return { dir, env, ledgerFile, run, json };
};

test('a whole file: 0, one object for programs', async () => {
  const { json } = setUp();
  expect(await json(`${dirty}01_duplicates_exact.csv`)).toMatchObject({
    code: 0,
    report: { ok: true, series: key, accepted: 720, stored: 720, refusedRows: 0, refusedFiles: 0 },
  });
  expect(await json(`${dirty}03_out_of_order.csv`)).toMatchObject({
    code: 0,
    report: { accepted: 720, stored: 0 },
  });
});

test('refused rows: 3, the others are stored, and people read which', async () => {
  const there = setUp();
  const { code, text } = await there.run(`${dirty}04_nan_empty_inf.csv`, '--series', key);
  expect(code).toBe(3);
  expect(text).toContain('705 candles of 720 rows');
  expect(text).toContain('refused line 272: has "NaN" as open');
  const ledger = openLedger({ path: there.ledgerFile, domain: 'production', readonly: true });
  expect(ledger.bars(parseSeries(key))).toBe(705);
  ledger.close();
});

test('--strict refuses such a file whole; --as-of says what was closed', async () => {
  const { json } = setUp();
  expect(await json(`${dirty}04_nan_empty_inf.csv`, '--strict')).toMatchObject({
    code: 3,
    report: { accepted: 0, stored: 0, refusedRows: 15, refusedFiles: 1 },
  });
  expect(await json(`${dirty}06_unfinished_last.csv`, '--as-of', '2023-06-21T14:25Z')).toMatchObject({
    code: 3,
    report: { accepted: 494, files: [{ refused: [{ line: 496 }] }] },
  });
});

test('a folder: each file is told of, bad ones do not stop the others', async () => {
  const { dir, json } = setUp();
  const folder = join(dir, 'given');
  mkdirSync(folder);
  writeFileSync(join(folder, 'a.csv'), 'not,a,candle\n');
  writeFileSync(join(folder, 'b.csv'), 'timestamp,open,high,low,close,volume\n1654041600000,1,1,1,1,1\n');
  writeFileSync(join(folder, 'c.csv'), 'timestamp,open,high,low,close,volume\n');
  writeFileSync(join(folder, 'notes.md'), 'no candle file');
  expect(await json(folder)).toMatchObject({
    code: 3,
    report: {
      stored: 1,
      refusedFiles: 1,
      files: [
        { file: 'a.csv', outcome: 'refused', quarantined: expect.any(String) },
        { file: 'b.csv', outcome: 'imported' },
        { file: 'c.csv', outcome: 'empty' },
      ],
    },
  });
});

test('wrong use: 2; what is not there: 1', async () => {
  const there = setUp();
  const file = `${dirty}01_duplicates_exact.csv`;
  for (const argv of [
    [],
    [file],
    [file, '--series', 'x'],
    [file, '--series', key, '--unit', 'h'],
    [file, '--series', key, '--as-of', '2023-06-21'],
  ]) {
    expect(await there.run(...argv)).toMatchObject({
      code: 2,
      text: expect.stringContaining('usage: autotrain import'),
    });
  }
  expect(await there.json(join(there.dir, 'nothing'))).toMatchObject({ code: 1, report: { ok: false } });
  expect(existsSync(there.ledgerFile)).toBe(false);
});

test('a dry run makes no ledger and writes none', async () => {
  const there = setUp();
  expect(await there.json(`${dirty}01_duplicates_exact.csv`, '--dry-run')).toMatchObject({ code: 1 });
  await there.json(`${dirty}09_gaps_made.csv`);
  expect(await there.json(`${dirty}01_duplicates_exact.csv`, '--dry-run')).toMatchObject({
    code: 0,
    report: { dryRun: true, accepted: 720, stored: 0 },
  });
});
