import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { openFresh } from '../../ledger/fresh.fixture.ts';
import { btc, land, run1, versionNamed } from '../../ledger/ledger.fixture.ts';
import { seriesKey } from '../../series.ts';
import type { WatchDeps } from './watch-deps.ts';
import { watchPromotion } from './watch-promotion.ts';

const key = seriesKey(btc);

const watch = (there: ReturnType<typeof openFresh>) => {
  const never = () => Promise.reject(new Error('nothing is asked of Temporal here'));
  const deps: WatchDeps = {
    ...{ ledger: there.ledger, series: [btc], dataDir: there.dataDir, modelsDir: there.dataDir },
    ask: { decide: never, failedRetrains: never, holdRetrain: never },
    options: { gate: { minCandles: 500, alpha: 0.05 } },
    watch: {
      limits: { staleCandles: 5, emptyRuns: 3, diskFreeBytes: 0, clockSkewMs: 1 },
      ...{ isReplay: false, settleMs: 0, rollbackDrop: 0.02, killDrop: 0.2, webhook: undefined },
      sender: { domain: 'production', namespace: 'default', uiUrl: undefined },
    },
  };
  const options = { logger: new DefaultLogger('ERROR') };
  return new MockActivityEnvironment({}, options).run(() => watchPromotion(deps));
};

/** A retrain whose candidate was compared with the champion so. */
const candidate = (
  { ...there }: ReturnType<typeof openFresh>,
  number: number,
  n: number,
  upper: number,
): void => {
  land(there, { from: number * 2, count: 2 });
  const { claimId } = there.ledger.claim({ ...run1, leaseMs: 1000, series: [key] });
  const paired = {
    n,
    difference: upper - 0.1,
    lower: upper - 0.2,
    upper,
    alpha: 0.05,
    look: 1,
    candidate: 0,
    champion: 0,
  };
  const gate = { [key]: { decision: 'refuse', reason: 'worse', checks: [], paired } };
  const version = { ...versionNamed(number), gate };
  there.ledger.commitVersion({ ...run1, claimId, version, dispositions: [] });
};

it('a candidate that is far worse than what serves kills the loop, once; one that is merely worse does not', async () => {
  const there = openFresh();
  candidate(there, 1, 600, -0.19);
  expect(await watch(there)).toEqual({ rolledBackTo: null, killed: false, looks: 0 });
  candidate(there, 2, 499, -9);
  expect(await watch(there)).toMatchObject({ killed: false });
  candidate(there, 3, 600, -0.3);
  expect(await watch(there)).toMatchObject({ killed: true });
  expect(there.ledger.trainingKill()).toMatchObject({
    ...{ actor: 'watch', cause: `version:${versionNamed(3).versionId}` },
    reason: expect.stringMatching(
      /is far worse than the champion: .* -0\.4 nats\/candle on 600 candles, surely below -0\.3;/,
    ),
  });
  there.ledger.resumeTraining({ actor: 'ann', reason: 'known' });
  expect(await watch(there)).toMatchObject({ killed: false });
});
