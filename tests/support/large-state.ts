import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { breakout, open } from '../../controller/controller.fixture.ts';
import type { Scope } from '../../controller/names.ts';
import type { Candle } from '../../exchange/exchange.ts';
import { archiveProcessed } from '../../ledger/archive.ts';
import { landCandles } from '../../ledger/landing.ts';
import { versionNamed } from '../../ledger/ledger.fixture.ts';
import { type Ledger, openLedger } from '../../ledger/open.ts';
import { parseSeries, seriesKey, timeframesMs } from '../../series.ts';
import { Sqlite } from '../../sqlite.ts';

export const minutely = parseSeries('binance:BTC/USDT:1m');
const stepMs = timeframesMs['1m'];
export const firstMs = Date.UTC(2022, 0, 1);

/** Asked for once, before all the others: its page must not have to walk over theirs. */
export const rare: Scope = { strategy: 'mean_reversion', instrument: 'ETHUSDT' };
export const busy: Scope = breakout;

const batches = 10;
const filesPerBatch = 25;

/** A wave of prices; what they are does not matter here, only how many. */
const candleAt = (at: number): Candle => {
  const close = 100 + 10 * Math.sin(at / 200) + Math.sin(at * 1.7);
  const [low, high] = [close - 0.5, close + 0.5].map((price) => price.toFixed(2));
  return [firstMs + at * stepMs, high!, high!, low!, close.toFixed(2), String(1 + (at % 90))];
};

const landFile = (ledger: Ledger, dataDir: string, from: number, count: number): void => {
  const candles = Array.from({ length: count }, (_, i) => candleAt(from + i));
  const expectedWatermark = ledger.startWatermark(minutely, firstMs);
  const nextWatermark = firstMs + (from + count) * stepMs;
  landCandles({
    ...{ ledger, dataDir, landing: 'incoming', series: minutely, candles, fetchedAt: nextWatermark },
    ...{ expectedWatermark, nextWatermark, gaps: [] },
  });
};

/** As a retrain and the archiver after it leave the files: processed, archived by month, deleted. */
const train = (ledger: Ledger, dataDir: string, batch: number): void => {
  const run = { workflowId: 'retrain:regimes', runId: `run-${batch}` };
  const { claimId } = ledger.claim({ ...run, leaseMs: 600_000, series: [seriesKey(minutely)] });
  const gate = { [seriesKey(minutely)]: { decision: 'pass' } };
  const version = { ...versionNamed(batch, [minutely]), gate };
  ledger.commitVersion({ ...run, claimId, version, dispositions: [] });
  archiveProcessed({ ledger, dataDir, series: minutely, deleteAfterProcess: true, archiveDays: 10_000 });
};

/** `count` minutes in the archive, but for the last batch, whose files wait for a retrain. */
const fillLedger = (ledger: Ledger, dataDir: string, count: number): void => {
  const perFile = count / batches / filesPerBatch;
  for (let batch = 0; batch < batches; batch++) {
    for (let file = 0; file < filesPerBatch; file++)
      landFile(ledger, dataDir, (batch * filesPerBatch + file) * perFile, perFile);
    if (batch < batches - 1) train(ledger, dataDir, batch);
  }
};

const columnsOf = (db: Sqlite.Database, table: string): string[] =>
  db
    .prepare<[], { name: string }>(`select name from pragma_table_info('${table}')`)
    .all()
    .map(({ name }) => name);

/** Copies the newest row of a table `count` times, each with what `changed` says; `i` counts them from 1. */
const multiply = (
  db: Sqlite.Database,
  table: string,
  count: number,
  changed: Record<string, string>,
): void => {
  const columns = columnsOf(db, table);
  const values = columns.map((name) => changed[name] ?? name).join(', ');
  db.exec(
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})
     insert into ${table} (${columns.join(', ')})
     select ${values} from n, (select * from ${table} order by seq desc limit 1)`,
  );
};

/** One real decision and its outcome, and then as many copies of both, spread over the presets. */
const fillController = (path: string, count: number) => {
  const controller = open({ path });
  controller.decide({ ...rare, features: {} });
  const { decision_id: decisionId, preset_id: presetId } = controller.decide({ ...busy, features: {} });
  controller.learn({ ...busy, presetId, decisionId, reward: 1, features: {}, outcomeId: 'first' });
  const db = new Sqlite(path);
  const arms = 'from arms where scope_id = (select max(scope_id) from decisions)';
  const arm = `(select min(id) ${arms}) + i % (select count(*) ${arms})`;
  const before = db.prepare<[], { last: number }>('select max(seq) as last from decisions').get()!.last;
  multiply(db, 'decisions', count, {
    ...{ seq: 'null', decision_id: `'copy-' || i`, request_key: 'null', arm_id: arm },
    created_at: 'created_at + i',
  });
  multiply(db, 'outcomes', count, {
    ...{ seq: 'null', idempotency_key: `'outcome:copy-' || i`, arm_id: arm },
    ...{ decision_seq: `${before} + i`, learned_seq: 'learned_seq + i', created_at: 'created_at + i' },
  });
  db.close();
  return controller;
};

/** Databases and an archive as years of minutes and months of an engine that asks leave them; `remove` when done. */
export const openLargeState = ({ candles, decisions }: { candles: number; decisions: number }) => {
  const root = mkdtempSync(join(tmpdir(), 'autotrain-large-'));
  const dataDir = join(root, 'ml');
  const ledger = openLedger({ path: join(root, 'ledger.sqlite'), domain: 'production' });
  fillLedger(ledger, dataDir, candles);
  const controller = fillController(join(root, 'controller.sqlite'), decisions);
  const remove = (): void => {
    controller.close();
    ledger.close();
    rmSync(root, { recursive: true, force: true });
  };
  return { dataDir, ledger, controller, remove };
};
