import { afterEach, beforeEach, expect, it } from 'vitest';
import { createClock } from '../exchange/simulator/clock.ts';
import { type Simulator, startSimulator } from '../exchange/simulator/server.ts';
import { parseSeries } from '../series.ts';
import { ingestId } from '../workflows/ids.ts';
import { anchorMs, market } from './support/candles.ts';
import { eventsOf } from './support/history.ts';
import { openRig, type Rig } from './support/rig.ts';
import { until } from './support/until.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const btc = 'binance:BTC/USDT:1m';
const eth = 'binance:ETH/USDT:1m';
const count = 50;
const pageSize = 10;

let rig: Rig;
let simulator: Simulator;
beforeEach(async () => {
  simulator = await startSimulator({ source: market, clock: createClock({ startMs: anchorMs }) });
  const settings = {
    ...{ EXCHANGE_URL: simulator.url, START_TS: String(anchorMs - count * 60_000) },
    BATCH_LIMIT: String(pageSize),
  };
  rig = await openRig(temporal, { settings });
  await rig.startIngest();
});
afterEach(async () => {
  await rig.close();
  await simulator.close();
});

const ingest = async () => (await rig.training.ingestOnce({ until: 'now', wait: true })).series;
const refuse = (kind: 'restricted' | 'forbidden-html', times = 1): void =>
  simulator.faults.add(
    ...Array.from({ length: times }, () => ({ kind, path: '/klines', symbol: 'ETHUSDT' }) as const),
  );

it('451 ends the run of its series at once, is an alert once, and heals with the next tick that is let in', async () => {
  refuse('restricted', 2);
  for (const _ of [1, 2]) {
    expect(await ingest()).toMatchObject([
      { series: btc, watermark: anchorMs },
      { series: eth, downloaded: 0, error: expect.stringMatching(/^ExchangeRestricted: .*451/) },
    ]);
    expect(rig.ledger.conditions()).toMatchObject([{ kind: 'exchange_restricted', subject: eth }]);
  }
  const events = await eventsOf(rig.client.workflow.getHandle(ingestId(eth)));
  expect(events.filter((event) => event.activityTaskScheduledEventAttributes)).toHaveLength(1);
  expect(await ingest()).toMatchObject([{ downloaded: 0 }, { series: eth, downloaded: count }]);
  expect(rig.ledger.conditions()).toEqual([]);
  expect(rig.ledger.bars(parseSeries(eth))).toBe(count);
});

it('a series that is refused in the middle is told with what it had stored, and without the gaps of before', async () => {
  const series = parseSeries(eth);
  const startMs = anchorMs - count * 60_000;
  rig.ledger.startWatermark(series, startMs - 600_000);
  rig.ledger.advanceWatermark(series, startMs - 600_000, startMs);
  // Three answers that are only late, then none.
  simulator.faults.add({ kind: 'slow', delayMs: 1, times: 3, path: '/klines', symbol: 'ETHUSDT' });
  refuse('restricted');
  const stored = 3 * pageSize;
  expect(await rig.training.ingestOnce({ until: 'now', wait: true })).toMatchObject({
    downloaded: count + stored,
    series: [
      { series: btc, downloaded: count },
      {
        ...{ series: eth, downloaded: stored, watermark: startMs + stored * 60_000, gaps: [] },
        error: expect.stringMatching(/^ExchangeRestricted/),
      },
    ],
  });
  expect(rig.ledger.bars(series)).toBe(stored);
  expect(rig.ledger.gaps(series)).toHaveLength(1);
});

it('403 is a firewall that lifts: its series waits and asks again, the others are stored', async () => {
  refuse('forbidden-html');
  await rig.training.ingestOnce({ until: 'now', wait: false });
  await until('the other series is stored', () => rig.ledger.watermark(parseSeries(btc)) === anchorMs);
  const { pendingActivities } = (await rig.client.workflow.getHandle(ingestId(eth)).describe()).raw;
  expect(pendingActivities).toMatchObject([{ lastFailure: { message: expect.stringMatching(/403/) } }]);
});
