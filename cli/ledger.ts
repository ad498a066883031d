import { userInfo } from 'node:os';
import type { Config } from '../config.ts';
import { holdState, restoreJournal } from '../ledger/in-use.ts';
import { openLedger } from '../ledger/open.ts';
import { placesOf } from '../snapshots/places.ts';
import { type Restored, restoreSnapshot, resumeRestore } from '../snapshots/restore.ts';
import { type ListedSnapshot, listSnapshots, pruneSnapshots } from '../snapshots/retention.ts';
import { takeSnapshot } from '../snapshots/take.ts';
import { verifySnapshot } from '../snapshots/verify.ts';
import { type Said, UsageError } from './cli.ts';
import { findConfig, ledgerOf } from './find-config.ts';
import type { Bar } from './progress.ts';

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** Also where the ledger is lost: that is what snapshots are for. */
const bySnapshots = (env: NodeJS.ProcessEnv): Config =>
  findConfig(env, 'folder of snapshots', ({ snapshots }) => snapshots.dir);

/** One by hand ends the wait for the nightly one as well. */
const keepReading = ({ paths, domain }: Config, missing: number): void => {
  const ledger = openLedger({ path: paths.ledgerFile, domain });
  try {
    ledger.recordReading('snapshot', missing);
  } finally {
    ledger.close();
  }
};

/** Held: a restore that began meanwhile would replace what is copied, part by part. */
const takeAndPrune = async (config: Config, bar: Bar) => {
  const release = holdState(config.paths.ledgerFile);
  try {
    const made = await takeSnapshot({
      places: placesOf(config),
      atMs: Date.now(),
      progress: (done, total) => bar.at(done, total),
    });
    keepReading(config, made.missing.length);
    return { made, removed: pruneSnapshots(config.snapshots.dir, config.snapshots.keep) };
  } finally {
    release();
  }
};

export const snapshot = async (env: NodeJS.ProcessEnv, bar: Bar): Promise<Said> => {
  const config = ledgerOf(env);
  const { made, removed } = await takeAndPrune(config, bar);
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

export const list = (env: NodeJS.ProcessEnv): Said => {
  const { snapshots } = bySnapshots(env);
  const rows = listSnapshots(snapshots.dir);
  return {
    value: { dir: snapshots.dir, snapshots: rows },
    text: rows.map(describeRow).join('\n') || 'no snapshot yet',
  };
};

/** The one that is named, or the newest. */
const nameOf = (config: Config, name: string | undefined): string => {
  const newest = listSnapshots(config.snapshots.dir).at(-1)?.name;
  if (name !== undefined && name !== 'latest') return name;
  if (newest === undefined) throw new Error(`there is no snapshot in ${config.snapshots.dir}`);
  return newest;
};

export const verify = (env: NodeJS.ProcessEnv, name: string | undefined, bar: Bar): Said => {
  const config = bySnapshots(env);
  const value = verifySnapshot(config.snapshots.dir, nameOf(config, name), (done, total) =>
    bar.at(done, total),
  );
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
    ...done.kills_kept.map((line) => `killed     ${line}`),
    ...done.kills_unknown.map((line) => `NOT KNOWN  ${line}; kill again what shall stay killed`),
    ...done.kept_aside.map((path) => `old state  ${path}`),
  ].join('\n');

const resume = (env: NodeJS.ProcessEnv): Said => {
  const config = findConfig(env, 'interrupted restore', ({ paths }) => restoreJournal(paths.ledgerFile));
  const done = resumeRestore(config.paths.ledgerFile);
  if (!done) throw new Error('the restore was completed meanwhile');
  return { value: done, text: describeRestored(done) };
};

export interface RestoreArguments {
  /** Of a snapshot, or `latest`. */
  readonly name?: string | undefined;
  readonly resume?: boolean | undefined;
  readonly withoutKills?: boolean | undefined;
}

export const restore = (env: NodeJS.ProcessEnv, given: RestoreArguments, bar: Bar): Said => {
  if (given.resume && given.name === undefined) return resume(env);
  if (given.resume)
    throw new UsageError('--resume completes the restore that was interrupted: name no snapshot');
  if (given.name === undefined) throw new UsageError('restore takes the name of a snapshot, or latest');
  const config = bySnapshots(env);
  const done = restoreSnapshot({
    places: placesOf(config),
    name: nameOf(config, given.name),
    actor: `cli:${userInfo().username}`,
    withoutKills: given.withoutKills ?? false,
    progress: (bytes, total) => bar.at(bytes, total),
  });
  return { value: done, text: describeRestored(done) };
};
