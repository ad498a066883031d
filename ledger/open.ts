import { dirname } from 'node:path';
import { conditionStore } from './alert-conditions.ts';
import { alertStore } from './alert-outbox.ts';
import { archiveMonthStore } from './archive-months.ts';
import { auditLog } from './audit.ts';
import { claimAttemptStore } from './claim-attempts.ts';
import { claimStore } from './claims.ts';
import { commitPoints } from './commit-points.ts';
import { compactStore } from './compact.ts';
import { correctionStore } from './corrections.ts';
import type { CrashPoint } from './crash-points.ts';
import { openDatabase, type Store } from './database.ts';
import { dispositionStore } from './dispositions.ts';
import { makeDirectory } from './durable-file.ts';
import { epochStore } from './epoch.ts';
import { isLedgerError, LedgerError } from './errors.ts';
import { fileCountStore, notingFileCounts } from './file-counts.ts';
import { fileStore } from './files.ts';
import { gapStore } from './gaps.ts';
import { giveBackStore } from './give-back.ts';
import { importStore } from './import/register.ts';
import { lineageStore } from './lineages.ts';
import { recordEarlierLosses } from './lost-copies.ts';
import { lostMonthStore } from './lost-months.ts';
import { readMeta, requireOwn, writeMeta } from './meta.ts';
import { applyMigrations, knownSchemaVersion } from './migrate.ts';
import { bringOver } from './older/bring-over.ts';
import { type OlderSettings, olderPlace } from './older/place.ts';
import { takeOlder } from './older/take-older.ts';
import { promotionLookStore } from './promotion-looks.ts';
import { promotionStore } from './promotions.ts';
import { quarantineStore } from './quarantine.ts';
import { readingStore } from './readings.ts';
import { registrationStore } from './registration.ts';
import { retentionStore } from './retention.ts';
import { rowRangeStore } from './row-ranges.ts';
import { scheduleLookStore } from './schedule-looks.ts';
import { startStore } from './starts.ts';
import { trainingKillStore } from './training-kills.ts';
import { versionStore } from './versions.ts';
import { watermarkStore } from './watermarks.ts';

export interface LedgerOptions {
  readonly path: string;
  /** `production` or `research`: fixed when the ledger is made. */
  readonly domain: string;
  readonly readonly?: boolean;
  /** Epoch ms; the system's clock when left out. Stamps records. */
  readonly clock?: () => number;
  /** For a `manifest.sqlite` of the older stack: where its CSVs are, and its exchange. Beside it when left out. */
  readonly older?: OlderSettings;
  /** Named points around commits; only tests give one. */
  readonly crash?: CrashPoint;
  /** ms on a clock that only runs forward, by which leases age; `clock` where that is given, else the system's. */
  readonly elapsed?: () => number;
}

/** The domain is looked at first: nothing is written to a ledger of the other one. */
const prepare = (store: Store, { path, domain, older: settings, crash }: LedgerOptions): void => {
  const place = olderPlace(path, settings, crash);
  const isMigrated = store.write((tx) => {
    const before = readMeta(tx);
    requireOwn(before, domain);
    const older = takeOlder(tx, store, path, place);
    applyMigrations(tx);
    if (before) recordEarlierLosses(tx, before.schemaVersion, store.now());
    writeMeta(tx, domain, store.now());
    store.leaseNow(tx);
    if (older) bringOver(tx, older, place, store.now());
    if (older) crash?.('older:uncommitted');
    return older !== undefined;
  });
  if (isMigrated) crash?.('older:committed');
};

const lookEveryMs = 1_000;

/** Without it a process that does nothing for long would learn too late how far the lease clock has got. */
const watchLeaseClock = (store: Store): (() => void) => {
  const timer = setInterval(() => {
    try {
      store.watchLeaseClock();
    } catch (error) {
      // Whatever ails the disk is told by the next call that somebody waits for; nobody waits for this one.
      if (!isLedgerError(error, 'StorageUnavailable')) throw error;
    }
  }, lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
};

const requirePrepared = ({ read }: Store, { path, domain }: LedgerOptions): void => {
  const found = read(readMeta);
  requireOwn(found, domain);
  if (found?.schemaVersion === knownSchemaVersion()) return;
  throw new LedgerError('NotFound', `${path} is no up-to-date ledger yet; a worker makes it when it starts`);
};

const closeOnFailure = <T>(store: Store, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    store.close();
    throw error;
  }
};

const openStore = (options: LedgerOptions): Store => {
  const { path, readonly = false, clock, elapsed } = options;
  if (!readonly) makeDirectory(dirname(path));
  const store = notingFileCounts(
    openDatabase({ path, readonly, ...(clock && { clock }), ...(elapsed && { elapsed }) }),
  );
  closeOnFailure(store, () => (readonly ? requirePrepared(store, options) : prepare(store, options)));
  store.enforceForeignKeys();
  return store;
};

const withPoints = (store: Store, crash: CrashPoint | undefined): ReturnType<typeof commitPoints> =>
  crash === undefined ? { store, named: (methods) => methods } : commitPoints(store, crash);

/**
 * Opens the ledger; makes it, migrates a manifest of the older stack, or brings it up to date first, unless `readonly`. Every method is synchronous and
 * either does all it says or throws and does nothing. Throws LedgerError: `DomainMismatch`, `StorageUnavailable`,
 * `NotFound` (readonly, and not there), `Conflict` (made by newer code, or no ledger).
 */
export const openLedger = (options: LedgerOptions) => {
  const { store, named } = withPoints(openStore(options), options.crash);
  const stopWatching = options.readonly || options.clock ? () => undefined : watchLeaseClock(store);
  return named({
    ...auditLog(store),
    ...watermarkStore(store),
    ...gapStore(store),
    ...registrationStore(store),
    ...correctionStore(store),
    ...fileStore(store),
    ...fileCountStore(store),
    ...archiveMonthStore(store),
    ...importStore(store),
    ...quarantineStore(store),
    ...lostMonthStore(store),
    ...claimStore(store),
    ...giveBackStore(store),
    ...versionStore(store),
    ...dispositionStore(store),
    ...lineageStore(store),
    ...promotionStore(store),
    ...retentionStore(store),
    ...epochStore(store),
    ...compactStore(store),
    ...rowRangeStore(store),
    ...alertStore(store),
    ...conditionStore(store),
    ...readingStore(store),
    ...claimAttemptStore(store),
    ...promotionLookStore(store),
    ...trainingKillStore(store),
    ...startStore(store),
    ...scheduleLookStore(store),

    /** Runs under the write lock, in one transaction with the ledger's own calls inside it. */
    exclusively: <T>(work: () => T): T => store.write(() => work()),

    close: (): void => {
      stopWatching();
      store.close();
    },
  });
};

export type Ledger = ReturnType<typeof openLedger>;
