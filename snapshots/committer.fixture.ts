/**
 * A process that does what a loop does, as fast as it can: lands candles, commits a version, promotes it, and from time to time archives and prunes.
 * `node --import tsx committer.fixture.ts <data dir>`; it says `ready` after the first round and goes on until it is killed.
 */
import { join } from 'node:path';
import { archiveProcessed } from '../ledger/archive.ts';
import { land, versionNamed } from '../ledger/ledger.fixture.ts';
import { openLedger } from '../ledger/open.ts';
import { projectChampion } from '../registry/current.ts';
import { pruneVersions } from '../registry/prune.ts';
import { modelFile } from '../registry/registry.fixture.ts';
import { writeVersionDir } from '../registry/store.ts';
import { parseSeries } from '../series.ts';

const dataDir = process.argv[2]!;
const modelsDir = join(dataDir, 'models');
const series = parseSeries('binance:BTC/USDT:1h');
const ledger = openLedger({ path: join(dataDir, 'manifest.sqlite'), domain: 'production' });
const owner = { workflowId: 'retrain:regimes', runId: 'busy' };

for (let round = 1; ; round += 1) {
  land({ ledger, dataDir }, { from: (round - 1) * 5, count: 5 });
  const { claimId } = ledger.claim({ ...owner, leaseMs: 60_000, series: ['binance:BTC/USDT:1h'] });
  const version = versionNamed(round);
  const request = { modelsDir, versionId: version.versionId, model: modelFile(round), metadata: { round } };
  const { dir, modelHash } = writeVersionDir(request);
  ledger.commitVersion({ ...owner, claimId, version: { ...version, dir, modelHash }, dispositions: [] });
  const why = { kind: 'promote', actor: 'test', reason: 'test', requestId: `promote-${round}` } as const;
  ledger.promote({ ...why, versionId: version.versionId });
  projectChampion({ ledger, modelsDir });
  if (round % 20 === 0) {
    archiveProcessed({ ledger, dataDir, series, deleteAfterProcess: true, archiveDays: 365 });
    pruneVersions({ ledger, modelsDir, keep: 3 });
  }
  if (round === 1) process.stdout.write('ready\n');
}
