/** Worker processes with schedules, as they run in production: what a start logs, pauses and ends of series that are gone. */
import { once } from 'node:events';
import path from 'node:path';
import type { Client } from '@temporalio/client';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import type { NewAlert } from '../ledger/alerts.ts';
import { freshDir } from '../ledger/fresh.fixture.ts';
import { type Ledger, openLedger } from '../ledger/open.ts';
import { parseSeries } from '../series.ts';
import { connectClient } from '../temporal/connect.ts';
import { ingestId } from '../workflows/ids.ts';
import { startWorkerProcess, type WorkerProcess } from './processes/worker-process.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const [btc, eth, sol] = ['BTC', 'ETH', 'SOL'].map((base) => `binance:${base}/USDT:1m`) as [
  string,
  string,
  string,
];
const never = '0 0 1 1 *';

let running: WorkerProcess | undefined;
afterEach(() => running?.kill());

const openClient = async (): Promise<Client> => {
  const client = await connectClient(temporal);
  onTestFinished(async () => {
    for await (const { scheduleId } of client.schedule.list())
      await client.schedule.getHandle(scheduleId).delete();
    await client.connection.close();
  });
  return client;
};

interface Logged {
  readonly msg: string;
  readonly change?: string;
  readonly changes?: Readonly<Record<string, string>>;
}

/** Starts a worker, and ends it when it polls. Gives what it logged until then. */
const start = async (home: string, SYMBOLS: string): Promise<Logged[]> => {
  const env = {
    ...{ SYMBOLS, TIMEFRAME: '1m', LOG_LEVEL: 'info' },
    ...{ INGEST_CRON: never, RETRAIN_CRON: never, AUDIT_CRON: never, SNAPSHOT_CRON: never },
    ...{ STATE_DIR: home, DATA_DIR: path.join(home, 'ml'), MODELS_DIR: path.join(home, 'models') },
    ...{ TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace },
  };
  let log = '';
  // No exchange is asked: who trains applies the schedules of who ingests, too.
  const roles = ['--roles', 'train'];
  running = await startWorkerProcess(env, undefined, (text) => (log += text), roles);
  const closed = once(running.child, 'close');
  await running.kill();
  await closed;
  return log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Logged);
};

const withLedger = <T>(home: string, work: (ledger: Ledger) => T): T => {
  const ledger = openLedger({ path: path.join(home, 'ml', 'manifest.sqlite'), domain: 'production' });
  try {
    return work(ledger);
  } finally {
    ledger.close();
  }
};

const refused = (kind: 'exchange_restricted' | 'unknown_symbol', subject: string): NewAlert => ({
  ...{ kind, subject, message: 'not here' },
});

const changesIn = (log: readonly Logged[]) =>
  log.filter(({ msg }) => msg === 'changed since the last start').map(({ change }) => change);
const appliedIn = (log: readonly Logged[]) => log.find(({ msg }) => msg === 'schedules applied')?.changes;
const id = (series: string): string => `schedule-${ingestId(series)}`;

it('a start says what changed, pauses the ingest of what is gone by name, and ends what was said of it', async () => {
  const home = freshDir();
  const client = await openClient();
  const stateOf = async (series: string) => (await client.schedule.getHandle(id(series)).describe()).state;

  const first = await start(home, 'BTC/USDT,ETH/USDT');
  expect(changesIn(first)).toEqual([]);
  expect(appliedIn(first)).toMatchObject({ [id(btc)]: 'created', [id(eth)]: 'created' });
  expect((await stateOf(eth)).paused).toBe(false);

  const kinds = ['exchange_restricted', 'unknown_symbol'] as const;
  withLedger(home, (ledger) => {
    ledger.startWatermark(parseSeries(eth), 60_000);
    const found = [btc, eth].flatMap((series) => kinds.map((kind) => refused(kind, series)));
    ledger.observeConditions({ kinds, found, settleMs: 0 });
  });

  const second = await start(home, 'BTC/USDT,SOL/USDT');
  expect(changesIn(second)).toEqual([
    `${sol} is new: it begins at its own genesis, the others do not wait`,
    `${eth} is gone: its ingest is paused, its candles and lineage stay`,
  ]);
  expect(appliedIn(second)).toMatchObject({
    ...{ [id(btc)]: 'unchanged', [id(eth)]: 'paused', [id(sol)]: 'created' },
  });
  expect(await stateOf(eth)).toMatchObject({
    paused: true,
    note: expect.stringMatching(/^autotrain: binance:ETH\/USDT:1m is no longer among SYMBOLS/),
  });
  for (const series of [btc, sol]) expect((await stateOf(series)).paused).toBe(false);
  withLedger(home, (ledger) => {
    const open = ledger.conditions().filter(({ kind }) => kinds.some((one) => one === kind));
    expect(open.map(({ kind, subject }) => `${kind} ${subject}`).sort()).toEqual(
      kinds.map((kind) => `${kind} ${btc}`),
    );
    expect(ledger.watermark(parseSeries(eth))).toBe(60_000);
  });

  // What did not change is not said again, and what is paused stays so.
  const third = await start(home, 'BTC/USDT,SOL/USDT');
  expect(changesIn(third)).toEqual([]);
  expect(appliedIn(third)).not.toHaveProperty([id(eth)]);
  expect((await stateOf(eth)).paused).toBe(true);
});
