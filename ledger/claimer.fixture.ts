/**
 * A process that does what retrain runs do, against a shared ledger, as fast as it can: claims some series, then
 * completes, gives back, or dies with its claim. `node --import tsx claimer.fixture.ts <ledger> <name> <seed> <series>`,
 * <series> of them; it prints one JSON object: what it completed, every failure that a caller saw, how long each waited.
 */
import { isLedgerError } from './errors.ts';
import { openLedger } from './open.ts';

const [path = '', name = '', seed = '1', seriesCount = '12'] = process.argv.slice(2);

/** xorshift32: enough to make the processes differ, and the same in each run. */
const random = (() => {
  let state = Number(seed) * 2_654_435_761;
  return (below: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
})();

const leaseMs = 4_000;
const symbols = Array.from({ length: Number(seriesCount) }, (_, index) => `binance:S${index}/USDT:1h`);
const ledger = openLedger({ path, domain: 'production' });
const completed: string[] = [];
const failures: string[] = [];
const waitsMs: number[] = [];

const timed = <T>(work: () => T): T => {
  const start = performance.now();
  const result = work();
  waitsMs.push(performance.now() - start);
  return result;
};

const version = (claimId: number, series: readonly string[]) => ({
  versionId: `20240101T000000Z__hmm3__${claimId.toString(16).padStart(8, '0')}`,
  dir: 'registry/x',
  parentVersionId: null,
  ...{ metricName: 'm', metricValue: 1, modelHash: String(claimId), dataHash: 'd', nStates: 3, nObs: 1 },
  ...{ tag: null, series, gate: null, createdAt: 1 },
});

const round = (number: number): void => {
  const owner = { workflowId: `retrain:${name}`, runId: `${name}-${number}` };
  const series = symbols.filter(() => random(16) === 0);
  const claim = timed(() => ledger.claim({ ...owner, leaseMs, series }));
  if (claim.files.length === 0) return;
  const { claimId } = claim;
  const fate = random(10);
  if (fate < 1) return;
  timed(() => ledger.renew({ ...owner, claimId, leaseMs }));
  if (fate < 5) {
    timed(() => ledger.giveBack({ ...owner, claimId, countAttempt: false, maxAttempts: 99 }));
    return;
  }
  timed(() =>
    ledger.commitVersion({ ...owner, claimId, version: version(claimId, series), dispositions: [] }),
  );
  completed.push(...claim.files.map(({ fileId }) => fileId));
};

const settled = (): boolean => {
  const { downloaded, processing } = ledger.fileCounts();
  return downloaded + processing === 0;
};

for (let number = 0; !settled(); number += 1) {
  try {
    round(number);
    timed(() => ledger.sweepExpiredClaims(99));
  } catch (error) {
    failures.push(isLedgerError(error) ? error.code : String(error));
  }
}
ledger.close();
process.stdout.write(JSON.stringify({ completed, failures, waitsMs }));
