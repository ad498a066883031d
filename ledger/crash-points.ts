/**
 * The named points of every step that touches disk or ledger, at which tests kill the process, and where: in a `worker` or a
 * `gateway` of the worlds of tests/chaos, in a `command` (whose own tests kill it there), or in a process that does nothing
 * but this one commit of the `ledger` or of the parameter `store` (killed-commits.test.ts of both). To add one, add a line
 * here and call `crash?.('…')` at the step.
 */
const steps = {
  // A page of candles: its CSV, then its row and watermark.
  'file:unsynced': 'worker',
  'file:written': 'worker',
  'file:renamed': 'worker',
  'file:synced': 'worker',
  'file:unregistered': 'worker',
  'file:registered': 'worker',
  // An import: all its CSVs, each through the points of a file, then their rows at once.
  'import:unregistered': 'command',
  'import:registered': 'command',
  // A manifest of the older stack: its copy, its files and CSVs, the commit.
  'older:copied': 'command',
  'older:files': 'command',
  'older:uncommitted': 'command',
  'older:committed': 'command',
  // What was trained for a series, until the version is made of it.
  'staged:unsynced': 'worker',
  'staged:written': 'worker',
  'staged:renamed': 'worker',
  'staged:synced': 'worker',
  'staged:removed': 'worker',
  // The directory of a version, then its row.
  'version:begun': 'worker',
  'version:written': 'worker',
  'version:renamed': 'worker',
  'version:synced': 'worker',
  'version:committed': 'worker',
  // The swap of `current`.
  'link:tmp': 'worker',
  'link:renamed': 'worker',
  'link:synced': 'worker',
  // Files into months, then away.
  'month:unsynced': 'worker',
  'month:written': 'worker',
  'month:renamed': 'worker',
  'month:synced': 'worker',
  'archive:written': 'worker',
  'archive:marked': 'worker',
  'archive:deleted': 'worker',
  'archive:unlinked': 'worker',
  'month:removed': 'worker',
  // The janitor: orphans, versions that no run committed, versions that are old.
  'orphan:found': 'worker',
  'orphan:removed': 'worker',
  'unknown:moved': 'worker',
  'version:copied': 'worker',
  'version:archived': 'worker',
  'version:marked': 'worker',
  'version:aside': 'worker',
  'version:removed': 'worker',
  // A month of the archive that is altered: out of the way, then its candles become gaps.
  'lost-month:aside': 'command',
  // A snapshot, one that goes, and the restore of one: snapshots/*.test.ts.
  'snapshot:copied': 'command',
  'snapshot:written': 'command',
  'snapshot:renamed': 'command',
  'old-snapshot:aside': 'command',
  'old-snapshot:removed': 'command',
  'restore:staged': 'command',
  'restore:journalled': 'command',
  'restore:aside': 'command',
  'restore:moved': 'command',
  'restore:projected': 'command',
} as const satisfies Readonly<Record<string, Passer>>;

/** Methods whose transaction is two points: all done but the commit (`claim:uncommitted`), and just behind it (`claim:committed`). */
export const commits = {
  startWatermark: 'worker',
  registerFile: 'worker',
  recordComparison: 'worker',
  claim: 'worker',
  hold: 'worker',
  giveBack: 'worker',
  sweepExpiredClaims: 'worker',
  quarantine: 'worker',
  commitVersion: 'worker',
  promote: 'worker',
  projectChampion: 'worker',
  announceMonth: 'worker',
  markArchived: 'worker',
  markDeleted: 'worker',
  markPruned: 'worker',
  // The parameter store: many of them share one commit.
  register: 'gateway',
  decide: 'gateway',
  learn: 'gateway',
  closePosition: 'store',
  voidDecision: 'store',
  reverse: 'store',
  reportEquity: 'store',
  kill: 'store',
  resume: 'store',
  unlock: 'store',
  openWindow: 'store',
  pin: 'store',
  retire: 'store',
  recordSchemas: 'store',
  compact: 'store',
  rotateAudit: 'ledger and store',
  // What else the ledger commits.
  advanceWatermark: 'ledger',
  registerImport: 'ledger',
  quarantineOutside: 'ledger',
  dropSuspicion: 'ledger',
  exclusively: 'ledger',
  renew: 'ledger',
  compactRows: 'ledger',
  killTraining: 'ledger',
  resumeTraining: 'ledger',
  startLineage: 'ledger',
  beginEpoch: 'ledger',
  forgetMonth: 'ledger',
  loseMonth: 'ledger',
  gapTried: 'ledger',
  stopAsking: 'ledger',
  recordStart: 'ledger',
  recordReading: 'ledger',
  recordLook: 'ledger',
  lookAtSchedule: 'ledger',
  audit: 'ledger',
  raiseAlert: 'ledger',
  observeConditions: 'ledger',
  endCondition: 'ledger',
  alertDelivered: 'ledger',
  alertPostponed: 'ledger',
  tidyAlerts: 'ledger',
} as const satisfies Readonly<Record<string, Passer>>;

type Passer = 'worker' | 'gateway' | 'command' | 'ledger' | 'store' | 'ledger and store';
export type CommitName = keyof typeof commits;
export type CrashPointName = keyof typeof steps | `${CommitName}:${'uncommitted' | 'committed'}`;

/** Called at named points, so that tests can end the process there. The product itself never gives one. */
export type CrashPoint = (point: CrashPointName) => void;

export const crashPoints: readonly { readonly point: CrashPointName; readonly by: Passer }[] = [
  ...Object.entries(steps).map(([point, by]) => ({ point: point as CrashPointName, by })),
  ...Object.entries(commits).flatMap(([name, by]) =>
    (['uncommitted', 'committed'] as const).map(
      (when) => ({ point: `${name as CommitName}:${when}`, by }) as const,
    ),
  ),
];
