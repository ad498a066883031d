import { userInfo } from 'node:os';
import type { Config } from '../config.ts';
import { restoreJournal } from '../ledger/in-use.ts';
import { placesOf } from '../snapshots/places.ts';
import { type Restored, restoreSnapshot, resumeRestore } from '../snapshots/restore.ts';
import { type ListedSnapshot, listSnapshots, pruneSnapshots } from '../snapshots/retention.ts';
import { takeSnapshot } from '../snapshots/take.ts';
import { verifySnapshot } from '../snapshots/verify.ts';
import { findConfig } from './find-config.ts';

/** For programs and for people. */
export interface LedgerSaid {
  readonly value: object;
  readonly text: string;
  /** False: what was checked does not hold. */
  readonly ok?: boolean;
}

export interface LedgerArguments {
  readonly operands: readonly string[];
  readonly resume: boolean;
}

/** Thrown on wrong use. */
export class LedgerUsageError extends Error {}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const byLedger = (env: NodeJS.ProcessEnv): Config =>
  findConfig(env, 'ledger', ({ paths }) => paths.ledgerFile);

/** Also where the ledger is lost: that is what snapshots are for. */
const bySnapshots = (env: NodeJS.ProcessEnv): Config =>
  findConfig(env, 'folder of snapshots', ({ snapshots }) => snapshots.dir);

const snapshot = async (env: NodeJS.ProcessEnv): Promise<LedgerSaid> => {
  const config = byLedger(env);
  const made = await takeSnapshot({ places: placesOf(config), atMs: Date.now() });
  const removed = pruneSnapshots(config.snapshots.dir, config.snapshots.keep);
  const { name, champion, versions, candles, missing, files } = made;
  const bytes = Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
  const value = { name, champion, versions: versions.length, candles, missing, bytes, removed };
  const lines = [
    `${name}  ${Object.keys(files).length} files, ${megabytes(bytes)}, ${versions.length} versions, champion ${champion ?? 'none'}`,
    ...missing.map((what) => `missing  ${what}`),
    ...removed.map((old) => `removed  ${old} (SNAPSHOT_KEEP=${config.snapshots.keep})`),
  ];
  return { value: { ...value, dir: config.snapshots.dir }, text: lines.join('\n') };
};

const describeRow = (row: ListedSnapshot): string =>
  'damaged' in row
    ? `${row.name}  DAMAGED: ${row.damaged}`
    : `${row.name}  ${row.versions} versions, ${row.candles.archived_months} months, ${megabytes(row.bytes)}, champion ${row.champion ?? 'none'}`;

const list = (env: NodeJS.ProcessEnv): LedgerSaid => {
  const { snapshots } = bySnapshots(env);
  const rows = listSnapshots(snapshots.dir);
  return {
    value: { dir: snapshots.dir, snapshots: rows },
    text: rows.map(describeRow).join('\n') || 'no snapshot yet',
  };
};

/** The one that is named, or the newest. */
const nameOf = (config: Config, [name]: readonly string[]): string => {
  const newest = listSnapshots(config.snapshots.dir).at(-1)?.name;
  if (name !== undefined && name !== 'latest') return name;
  if (newest === undefined) throw new Error(`there is no snapshot in ${config.snapshots.dir}`);
  return newest;
};

const verify = (env: NodeJS.ProcessEnv, operands: readonly string[]): LedgerSaid => {
  const config = bySnapshots(env);
  const value = verifySnapshot(config.snapshots.dir, nameOf(config, operands));
  const head = `${value.name}  ${value.files} files, ${megabytes(value.bytes)}: ${value.ok ? 'sound' : 'DAMAGED'}`;
  const text = [head, ...value.problems.map(({ file, problem }) => `${file}: ${problem}`)].join('\n');
  return { value, text, ok: value.ok };
};

const describeRestored = (done: Restored): string =>
  [
    `restored   ${done.snapshot}, taken ${done.created_at}`,
    `champion   ${done.champion ?? 'none'}: current points to it`,
    `epoch      ${done.epoch}: fences of before are stale; ${done.claims_ended} open claims ended, ${done.files_requeued} files wait again`,
    ...Object.entries(done.watermarks).map(
      ([series, next]) => `candles    ${series} goes on at ${new Date(next).toISOString()}`,
    ),
    ...done.kept_aside.map((path) => `old state  ${path}`),
  ].join('\n');

const resume = (env: NodeJS.ProcessEnv): LedgerSaid => {
  const config = findConfig(env, 'interrupted restore', ({ paths }) => restoreJournal(paths.ledgerFile));
  const done = resumeRestore(config.paths.ledgerFile);
  if (!done) throw new Error('the restore was completed meanwhile');
  return { value: done, text: describeRestored(done) };
};

const restore = (env: NodeJS.ProcessEnv, { operands, resume: isResume }: LedgerArguments): LedgerSaid => {
  if (isResume) return resume(env);
  const config = bySnapshots(env);
  if (operands.length === 0) throw new LedgerUsageError('restore takes the name of a snapshot, or latest');
  const actor = `cli:${userInfo().username}`;
  const done = restoreSnapshot({ places: placesOf(config), name: nameOf(config, operands), actor });
  return { value: done, text: describeRestored(done) };
};

/** `autotrain ledger snapshot|list|verify [NAME]|restore NAME|restore --resume`. */
export const ledgerCommand = async (env: NodeJS.ProcessEnv, given: LedgerArguments): Promise<LedgerSaid> => {
  const [command, ...operands] = given.operands;
  if (operands.length > 1) throw new LedgerUsageError('one snapshot at a time');
  if (command === 'snapshot' && operands.length === 0) return await snapshot(env);
  if (command === 'list' && operands.length === 0) return list(env);
  if (command === 'verify') return verify(env, operands);
  if (command === 'restore') return restore(env, { ...given, operands });
  throw new LedgerUsageError('name one of snapshot, list, verify, restore');
};
