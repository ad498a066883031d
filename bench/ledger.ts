/**
 * `npm run bench:ledger -- [--json] [--quick]`: what the ledger takes per second over 100,000 files, each step durable
 * (WAL, synchronous=FULL). The peer's figures are those of the older Python ledger, measured beforehand on a machine of
 * this kind. Exit code 1 when a bar is missed, 2 on wrong use.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Ledger, openLedger } from '../ledger/open.ts';
import { parseSeries, type Series, seriesKey, timeframesMs } from '../series.ts';
import { atLeast, atMost, type BenchResult, type Row, resultOf } from './result.ts';
import { table } from './table.ts';

export interface LedgerBenchOptions {
  readonly quick: boolean;
}

/** Rows per second of the older ledger. Of its `mark processed` the better end. */
const older = { register: 480, claimInFifties: 9_100, markProcessed: 1_460 } as const;

const perClaim = 50;
const stepMs = timeframesMs['1h'];
const seriesOf = (at: number): Series => parseSeries(`binance:S${at}/USDT:1h`);

const secondsOf = (work: () => unknown): number => {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
};

const register = (ledger: Ledger, series: Series, at: number): void => {
  const [tStart, fileId] = [at * stepMs, `${seriesKey(series)}-${at}`];
  const content = { fileId, sha256: fileId, kind: 'candles', path: fileId, bars: 1, sizeBytes: 1 } as const;
  ledger.registerFile({
    file: { ...content, ...series, tStart, tEnd: tStart, fetchedAt: at },
    expectedWatermark: tStart,
    nextWatermark: tStart + stepMs,
    gaps: [],
  });
};

/** `perSeries` files for each series from `from` on. */
const fill = (ledger: Ledger, from: number, count: number, perSeries: number): void => {
  for (let at = from; at < from + count; at += 1) {
    ledger.startWatermark(seriesOf(at), 0);
    for (let file = 0; file < perSeries; file += 1) register(ledger, seriesOf(at), file);
  }
};

/** Many to a transaction, to have them there soon. */
const fillAtOnce = (ledger: Ledger, from: number, count: number, perSeries: number): void => {
  const perTransaction = 100;
  for (let at = from; at < from + count; at += perTransaction)
    ledger.exclusively(() => fill(ledger, at, Math.min(perTransaction, from + count - at), perSeries));
};

const owner = (run: string) => ({ workflowId: 'retrain:bench', runId: run });
const leaseMs = 600_000;

const versionOf = (claimId: number, series: readonly string[]) => ({
  versionId: `20240101T000000Z__hmm3__${claimId.toString(16).padStart(8, '0')}`,
  ...{
    dir: 'registry/x',
    parentVersionId: null,
    metricName: 'm',
    metricValue: 1,
    modelHash: String(claimId),
  },
  ...{ dataHash: 'd', nStates: 3, nObs: 1, tag: null, series, gate: null, createdAt: 1 },
});

const claim = (ledger: Ledger, run: string, series: readonly string[]) =>
  ledger.claim({ ...owner(run), leaseMs, series });

const commit = (ledger: Ledger, run: string, claimId: number, series: readonly string[]) =>
  ledger.commitVersion({ ...owner(run), claimId, version: versionOf(claimId, series), dispositions: [] });

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const row = (name: string, ours: number, peer: number | null, unit: string, runs: number): Row => ({
  ...{ name, ours, peer, unit, runs, limit: null },
  ratio: peer === null ? null : ours / peer,
});

/** Claims of fifty files each, as the older trainer made them, and their completion. */
const inFifties = (ledger: Ledger, claims: number) => {
  const [claimS, commitS]: [number[], number[]] = [[], []];
  for (let at = 0; at < claims; at += 1) {
    const [run, series] = [`fifty-${at}`, [seriesKey(seriesOf(at))]];
    let claimId = 0;
    claimS.push(secondsOf(() => (claimId = claim(ledger, run, series).claimId)));
    commitS.push(secondsOf(() => commit(ledger, run, claimId, series)));
  }
  return { claimed: perClaim / median(claimS), processed: perClaim / median(commitS) };
};

/** One claim of everything that waits. */
const allAtOnce = (ledger: Ledger, from: number, count: number) => {
  const series = Array.from({ length: count }, (_, at) => seriesKey(seriesOf(from + at)));
  let claimId = 0;
  const claimS = secondsOf(() => (claimId = claim(ledger, 'all-1', series).claimId));
  const renewS = secondsOf(() => ledger.renew({ ...owner('all-1'), claimId, leaseMs: 2 * leaseMs }));
  const back = { ...owner('all-1'), claimId, countAttempt: true, maxAttempts: 9 };
  const giveBackS = secondsOf(() => ledger.giveBack(back));
  claimId = claim(ledger, 'all-2', series).claimId;
  const commitS = secondsOf(() => commit(ledger, 'all-2', claimId, series));
  return { claimS, renewS, giveBackS, commitS };
};

const measure = (ledger: Ledger, quick: boolean): BenchResult => {
  const files = quick ? 5_000 : 100_000;
  const [fifties, registered] = quick ? [20, 4] : [100, 40];
  const series = files / perClaim;
  fillAtOnce(ledger, registered, series - registered, perClaim);
  const registerS = secondsOf(() => fill(ledger, 0, registered, perClaim));
  const perSecond = (registered * perClaim) / registerS;
  const { claimed, processed } = inFifties(ledger, fifties);
  const rest = (series - fifties) * perClaim;
  const { claimS, renewS, giveBackS, commitS } = allAtOnce(ledger, fifties, series - fifties);
  return resultOf(
    {
      times_older_register: atLeast(1, perSecond / older.register),
      times_older_claim: atLeast(1, claimed / older.claimInFifties),
      times_older_processed: atLeast(1, processed / older.markProcessed),
      renewal_of_all_ms: atMost(5_000, renewS * 1000),
    },
    [
      row('register, a commit each', perSecond, older.register, 'files/s', registered * perClaim),
      row('claim in fifties', claimed, older.claimInFifties, 'files/s', fifties),
      row('mark processed in fifties', processed, older.markProcessed, 'files/s', fifties),
      row(`claim ${rest} at once`, rest / claimS, older.claimInFifties, 'files/s', 1),
      row(`renew ${rest} at once`, rest / renewS, null, 'files/s', 1),
      row(`give back ${rest} at once`, rest / giveBackS, null, 'files/s', 1),
      row(`mark processed ${rest} at once`, rest / commitS, older.markProcessed, 'files/s', 1),
    ],
    [
      'peer: the older Python ledger, figures measured beforehand; ours with that many other files in the ledger',
    ],
  );
};

export const benchLedger = ({ quick }: LedgerBenchOptions): BenchResult => {
  const root = mkdtempSync(join(tmpdir(), 'bench-ledger-'));
  const ledger = openLedger({ path: join(root, 'manifest.sqlite'), domain: 'production' });
  try {
    return measure(ledger, quick);
  } finally {
    ledger.close();
    rmSync(root, { recursive: true, force: true });
  }
};

const main = (argv: readonly string[]): number => {
  const unknown = argv.filter((word) => word !== '--json' && word !== '--quick');
  if (unknown.length > 0) {
    process.stderr.write(`${unknown.join(' ')} usage: npm run bench:ledger -- [--json] [--quick]\n`);
    return 2;
  }
  const result = benchLedger({ quick: argv.includes('--quick') });
  process.stdout.write(`${argv.includes('--json') ? JSON.stringify(result) : table(result)}\n`);
  return result.ok ? 0 : 1;
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  process.exitCode = main(process.argv.slice(2));
