/** What a commit of the ledger may be killed in, beside what the worlds of tests/chaos kill: each with the state that it finds. */
import path from 'node:path';
import { seriesKey } from '../series.ts';
import type { CrashPoint, commits } from './crash-points.ts';
import type { NewFile } from './file-rows.ts';
import { btc, genesisMs, hourMs, land, run1, versionNamed } from './ledger.fixture.ts';
import { type Ledger, openLedger } from './open.ts';

interface There {
  readonly ledger: Ledger;
  readonly dataDir: string;
}

export interface Act {
  readonly prepare?: (there: There) => void;
  readonly act: (there: There) => unknown;
}

export type KilledCommit = {
  [Name in keyof typeof commits]: (typeof commits)[Name] extends 'ledger' | 'ledger and store' ? Name : never;
}[keyof typeof commits];

const series = seriesKey(btc);
const stale = { kind: 'stale', subject: series, message: 'late' } as const;
const byHand = { cause: 'hand', actor: 'ann', reason: 'it drifts' };
const month = { series: btc, month: '2024-01', from: null, to: 'hash' };
const gap = { series, fromMs: genesisMs, toMs: genesisMs + hourMs, missing: 1 };
/** A file that an import has put in place. */
const csv: NewFile = {
  ...{ ...btc, fileId: 'csv', sha256: 'csv', kind: 'candles', path: 'incoming/a.csv' },
  ...{ tStart: genesisMs, tEnd: genesisMs + 2 * hourMs, bars: 2, sizeBytes: 9, fetchedAt: 1 },
};

const claimed = ({ ledger, dataDir }: There) => {
  land({ ledger, dataDir }, { from: 0, count: 3 });
  return ledger.claim({ ...run1, leaseMs: 1_000, series: [series] });
};

const promoted = (there: There): void => {
  const { claimId } = claimed(there);
  there.ledger.commitVersion({ ...run1, claimId, version: versionNamed(1), dispositions: [] });
  const request = { actor: 'test', reason: 'test', kind: 'promote' } as const;
  there.ledger.promote({ ...request, requestId: '1', versionId: versionNamed(1).versionId });
};

/** Trained on, in the archive, and gone from the landing. */
const deleted = (there: There): void => {
  const { claimId, files } = claimed(there);
  there.ledger.commitVersion({ ...run1, claimId, version: versionNamed(1), dispositions: [] });
  const ids = files.map(({ fileId }) => fileId);
  there.ledger.markArchived(ids, [month]);
  there.ledger.markDeleted(ids);
};

const folder = (dataDir: string): string => path.join(dataDir, 'audit');

export const acts: Readonly<Record<KilledCommit, Act>> = {
  renew: {
    prepare: claimed,
    act: ({ ledger }) => {
      const claimId = ledger.openClaims()[0]!.claimId;
      return ledger.renew({ ...run1, claimId, leaseMs: 60_000 });
    },
  },
  advanceWatermark: {
    prepare: ({ ledger }) => ledger.startWatermark(btc, genesisMs),
    act: ({ ledger }) => ledger.advanceWatermark(btc, genesisMs, genesisMs + hourMs),
  },
  registerImport: {
    act: ({ ledger }) =>
      ledger.registerImport({
        ...{
          series: btc,
          files: [csv],
          openTimesMs: [csv.tStart, csv.tEnd],
          gaps: [gap],
          overGap: false,
          actor: 'ann',
          source: { name: 'a.csv' },
        },
        isInPlace: () => true,
      }),
  },
  quarantineOutside: {
    act: ({ ledger }) =>
      ledger.quarantineOutside({ file: csv, reason: 'no columns', actor: 'ann', name: 'a.csv' }),
  },
  dropSuspicion: {
    prepare: (there) => {
      land(there, { from: 0, count: 3 });
      const cover = { fromMs: genesisMs, toMs: genesisMs + 2 * hourMs };
      const given = [cover.fromMs, cover.toMs];
      const missing = [genesisMs + hourMs];
      there.ledger.recordComparison({ series: btc, expectedRevision: 0, cover, given, missing });
    },
    act: ({ ledger }) => ledger.dropSuspicion(btc, genesisMs + hourMs),
  },
  exclusively: {
    act: ({ ledger }) =>
      ledger.exclusively(() => {
        for (const subject of ['one', 'two']) ledger.audit({ actor: 'ann', action: 'act', subject });
      }),
  },
  compactRows: {
    prepare: deleted,
    act: ({ ledger }) => ledger.compactRows({ olderThanMs: -1, limit: 100 }),
  },
  rotateAudit: {
    prepare: ({ ledger }) => {
      for (const subject of ['one', 'two', 'three']) ledger.audit({ actor: 'test', action: 'act', subject });
    },
    act: ({ ledger, dataDir }) => ledger.rotateAudit({ folder: folder(dataDir), beforeMs: 1e15 }),
  },
  killTraining: {
    prepare: promoted,
    act: ({ ledger }) => ledger.killTraining({ ...byHand, pinnedVersionId: versionNamed(1).versionId }),
  },
  resumeTraining: {
    prepare: ({ ledger }) => ledger.killTraining(byHand),
    act: ({ ledger }) => ledger.resumeTraining({ actor: 'bob', reason: 'mended' }),
  },
  startLineage: {
    prepare: (there) => land(there, { from: 0, count: 3 }),
    act: ({ ledger }) =>
      ledger.startLineage({ series, actor: 'ann', reason: 'anew', requeue: [], restored: [] }),
  },
  beginEpoch: {
    prepare: claimed,
    act: ({ ledger }) => ledger.beginEpoch({ after: ledger.epoch(), actor: 'ann', reason: 'restored' }),
  },
  forgetMonth: {
    prepare: ({ ledger }) => ledger.announceMonth(month),
    act: ({ ledger }) => ledger.forgetMonth(btc, '2024-01'),
  },
  loseMonth: {
    prepare: (there) => {
      there.ledger.announceMonth(month);
      deleted(there);
    },
    act: ({ ledger }) => ledger.loseMonth({ series: btc, month: '2024-01', reason: 'gone' }),
  },
  gapTried: {
    prepare: (there) => land(there, { from: 0, count: 3, gaps: [gap] }),
    act: ({ ledger }) => ledger.gapTried(gap, { isAnswered: false }),
  },
  stopAsking: {
    prepare: (there) => land(there, { from: 0, count: 3, gaps: [gap] }),
    act: ({ ledger }) => ledger.stopAsking(btc, gap.toMs + 1),
  },
  recordStart: {
    act: ({ ledger }) =>
      ledger.recordStart({ settings: { k: 3 }, actor: 'worker', compare: () => ['the first start'] }),
  },
  recordReading: { act: ({ ledger }) => ledger.recordReading('clock_offset_ms', 12) },
  recordLook: {
    prepare: promoted,
    act: ({ ledger }) => {
      const promotionFence = ledger.champion()?.fence as number;
      ledger.recordLook({ promotionFence, series, look: 1, candles: 50, difference: 0.1, upper: 0.2 });
    },
  },
  lookAtSchedule: {
    prepare: ({ ledger }) => ledger.lookAtSchedule({ schedule: 's', skipped: 0, lastRunAt: 1 }),
    act: ({ ledger }) => ledger.lookAtSchedule({ schedule: 's', skipped: 2, lastRunAt: 9 }),
  },
  audit: { act: ({ ledger }) => ledger.audit({ actor: 'ann', action: 'act', subject: 'it' }) },
  raiseAlert: { act: ({ ledger }) => ledger.raiseAlert(stale) },
  observeConditions: {
    act: ({ ledger }) => ledger.observeConditions({ kinds: ['stale'], found: [stale], settleMs: 0 }),
  },
  endCondition: {
    prepare: ({ ledger }) => ledger.observeConditions({ kinds: ['stale'], found: [stale], settleMs: 0 }),
    act: ({ ledger }) => ledger.endCondition('stale', series),
  },
  alertDelivered: {
    prepare: ({ ledger }) => ledger.raiseAlert(stale),
    act: ({ ledger }) => ledger.alertDelivered(1),
  },
  alertPostponed: {
    prepare: ({ ledger }) => ledger.raiseAlert(stale),
    act: ({ ledger }) => ledger.alertPostponed(1, { waitMs: 1, error: 'HTTP 500' }),
  },
  tidyAlerts: {
    prepare: ({ ledger }) => ledger.raiseAlert(stale),
    act: ({ ledger }) => ledger.tidyAlerts({ giveUpAfterMs: -1, keepMs: 1e9 }),
  },
};

export const ledgerName = 'ledger.sqlite';

/** Time stands still, so that two who do the same leave the same. */
export const openThere = (dir: string, crash?: CrashPoint): There => ({
  ledger: openLedger({
    ...{ path: path.join(dir, ledgerName), domain: 'production', clock: () => 1_000_000 },
    ...(crash && { crash }),
  }),
  dataDir: dir,
});
