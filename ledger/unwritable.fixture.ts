/**
 * A process that works until the disk refuses, and reports what it met and what is stored then.
 * `node --import tsx unwritable.fixture.ts full|readonly <dataDir>`. A full disk is a limit on the size of files
 * (`ulimit -f`, set by the caller); a read-only one is a directory without permission, met by a plain user.
 */
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isLedgerError } from './errors.ts';
import { genesisMs, hourMs, land } from './ledger.fixture.ts';
import { openLedger } from './open.ts';

const [kind = '', dataDir = ''] = process.argv.slice(2);

/** Without a handler the signal of the limit would end the process before the error is seen. */
process.on('SIGXFSZ', () => {});

const nobody = 65_534;

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'none';
  } catch (error) {
    return isLedgerError(error) ? `${error.code}: ${error.message}` : `untyped: ${String(error)}`;
  }
};

const ledger = openLedger({ path: join(dataDir, 'manifest.sqlite'), domain: 'production' });
const there = { ledger, dataDir };
land(there, { from: 0, count: 2 });

const forbid = (): void => {
  for (const folder of ['', 'incoming', 'incoming/binance/BTC-USDT/1h'])
    chmodSync(join(dataDir, folder), 0o555);
  if (process.getuid?.() === 0) process.seteuid?.(nobody);
};

const landUntilRefused = (count: number): string => {
  for (let from = 2; from < 100_000; from += count) {
    const failure = codeOf(() => land(there, { from, count }));
    if (failure !== 'none') return failure;
  }
  return 'none';
};

const openAgain = (): string =>
  codeOf(() => openLedger({ path: join(dataDir, 'other.sqlite'), domain: 'production' }));

if (kind === 'readonly') forbid();
const csv = kind === 'full' ? codeOf(() => land(there, { from: 2, count: 50_000 })) : landUntilRefused(1);
const row = kind === 'full' ? landUntilRefused(1) : openAgain();

const files = ledger.files({ limit: 1_000_000 });
const folder = join(dataDir, 'incoming/binance/BTC-USDT/1h');
const report = {
  csv,
  row,
  bars: files.reduce((total, { bars }) => total + bars, 0),
  watermarkBars:
    ((ledger.watermark({ exchange: 'binance', symbol: 'BTC/USDT', timeframe: '1h' }) ?? 0) - genesisMs) /
    hourMs,
  missing: files.filter(({ path }) => !existsSync(join(dataDir, path))).length,
  temporary: readdirSync(folder).filter((name) => name.startsWith('.tmp-')).length,
};
process.stdout.write(JSON.stringify(report));
