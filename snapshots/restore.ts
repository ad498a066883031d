import type { CrashPoint } from '../ledger/crash-points.ts';
import { holdStateAlone, refuseHalfRestored } from '../ledger/in-use.ts';
import { openLedger } from '../ledger/open.ts';
import { asStorageFailure } from '../ledger/storage-failure.ts';
import { projectChampion } from '../registry/current.ts';
import { reconcileCurrent } from '../registry/reconcile.ts';
import { SnapshotError } from './errors.ts';
import { type Journal, readJournal, removeJournal, writeJournal } from './journal.ts';
import { describeKills, killsBefore, requireReadable } from './kills.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { carryOut, keptAside } from './moves.ts';
import { snapshotName } from './names.ts';
import type { Places } from './places.ts';
import type { BytesProgress } from './progress.ts';
import { stageRestore } from './stage.ts';
import { snapshotFolder, verifySnapshot } from './verify.ts';

export interface RestoreRequest {
  readonly places: Places;
  /** The snapshot's name. */
  readonly name: string;
  readonly actor: string;
  /** Restores also where a database that it replaces cannot say what is killed. */
  readonly withoutKills?: boolean;
  readonly crash?: CrashPoint;
  /** Each byte is verified, then copied. */
  readonly progress?: BytesProgress;
}

export interface Restored {
  readonly snapshot: string;
  readonly created_at: string;
  readonly epoch: number;
  readonly claims_ended: number;
  readonly files_requeued: number;
  readonly champion: string | null;
  /** Open time of the next candle that is asked for, by series. */
  readonly watermarks: Readonly<Record<string, number>>;
  /** What was killed and stays so, in words. */
  readonly kills_kept: readonly string[];
  /** What could not be read of the replaced state: kill again what shall stay killed. */
  readonly kills_unknown: readonly string[];
  readonly replaced: readonly string[];
  readonly kept_aside: readonly string[];
}

const requireSound = ({ places, name, progress }: RestoreRequest): Manifest => {
  const { ok, problems } = verifySnapshot(places.snapshotDir, name, (done, total) =>
    progress?.(done, 2 * total),
  );
  if (!ok) {
    const list = problems.slice(0, 5).map(({ file, problem }) => `${file}: ${problem}`);
    throw new SnapshotError(
      'Damaged',
      `the snapshot ${name} is damaged, nothing was changed: ${list.join('; ')}`,
    );
  }
  return readManifest(snapshotFolder(places.snapshotDir, name));
};

const requireDomain = ({ domain, name }: Manifest, places: Places): void => {
  if (domain === places.domain) return;
  throw new SnapshotError('Refused', `${name} is of the domain "${domain}", this is "${places.domain}"`);
};

const plan = (request: RestoreRequest, manifest: Manifest): Journal => {
  const { places, name, actor, progress } = request;
  const folder = snapshotFolder(places.snapshotDir, name);
  const stamp = snapshotName(Date.now());
  const kills = killsBefore(places, manifest);
  if (!request.withoutKills) requireReadable(kills);
  const { moves, begun } = stageRestore({
    ...{ places, folder, manifest, actor, stamp, kills },
    ...(progress ? { progress } : {}),
  });
  return {
    schema: 'autotrain-restore/1',
    snapshot: name,
    created_at: manifest.created_at,
    domain: places.domain,
    modelsDir: places.modelsDir,
    ...begun,
    kills: { kept: describeKills(kills), unknown: kills.unknown.map(({ line }) => line) },
    moves,
  };
};

/** The link follows the restored ledger, whatever it pointed to. */
const project = (ledgerFile: string, { domain, modelsDir }: Journal) => {
  const ledger = openLedger({ path: ledgerFile, domain });
  try {
    const champion = projectChampion({ ledger, modelsDir })?.versionId ?? null;
    if (champion === null) reconcileCurrent({ ledger, modelsDir });
    const watermarks = ledger.watermarks().map(({ series, value }) => [series, value] as const);
    return { champion, watermarks: Object.fromEntries(watermarks) };
  } finally {
    ledger.close();
  }
};

/** Rolls forward: every step may have been done before. */
const complete = (ledgerFile: string, journal: Journal, crash: CrashPoint): Restored => {
  for (const move of journal.moves) carryOut(move, crash);
  const state = project(ledgerFile, journal);
  crash('restore:projected');
  removeJournal(ledgerFile);
  return {
    snapshot: journal.snapshot,
    created_at: journal.created_at,
    epoch: journal.epoch,
    claims_ended: journal.claimsEnded,
    files_requeued: journal.filesRequeued,
    ...state,
    kills_kept: journal.kills?.kept ?? [],
    kills_unknown: journal.kills?.unknown ?? [],
    replaced: journal.moves.map(({ target }) => target),
    kept_aside: journal.moves.flatMap((move) => keptAside(move)),
  };
};

const alone = <T>(ledgerFile: string, work: () => T): T => {
  const release = holdStateAlone(ledgerFile);
  try {
    return work();
  } catch (error) {
    throw asStorageFailure(error, ledgerFile);
  } finally {
    release();
  }
};

/**
 * Puts a snapshot in the place of the live state, which is kept aside. Refused while a worker or a gateway is alive.
 * First everything is staged and nothing changes; then a journal is written, and from there it is completed, by
 * `resumeRestore` after a crash. What is killed stays killed. Fences of the old state are stale afterwards, and its open claims are over.
 */
export const restoreSnapshot = (request: RestoreRequest): Restored => {
  const { places, crash = () => {} } = request;
  return alone(places.ledgerFile, () => {
    refuseHalfRestored(places.ledgerFile);
    const manifest = requireSound(request);
    requireDomain(manifest, places);
    const journal = plan(request, manifest);
    crash('restore:staged');
    writeJournal(places.ledgerFile, journal);
    crash('restore:journalled');
    return complete(places.ledgerFile, journal, crash);
  });
};

/** Completes a restore that was interrupted; undefined when there is none. */
export const resumeRestore = (ledgerFile: string, crash: CrashPoint = () => {}): Restored | undefined =>
  alone(ledgerFile, () => {
    const journal = readJournal(ledgerFile);
    return journal && complete(ledgerFile, journal, crash);
  });
