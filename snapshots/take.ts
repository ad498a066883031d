import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { codeVersion } from '../code-version.ts';
import type { CrashPoint } from '../ledger/crash-points.ts';
import { makeDirectory, syncDirectory, temporaryPrefix } from '../ledger/durable-file.ts';
import { refuseHalfRestored } from '../ledger/in-use.ts';
import { openLedger } from '../ledger/open.ts';
import { asStorageFailure } from '../ledger/storage-failure.ts';
import { backUpDatabase } from './backup.ts';
import { type Collected, collect, hasParameterStore, parts, requireComplete } from './collect.ts';
import { SnapshotError } from './errors.ts';
import { filesUnder, syncTree } from './folders.ts';
import { hashOfFile, type Manifest, readManifest, writeManifest } from './manifest.ts';
import { snapshotName } from './names.ts';
import type { Places } from './places.ts';
import { type BytesProgress, countBytes } from './progress.ts';

export interface SnapshotRequest {
  readonly places: Places;
  /** Names it: the same moment again answers the same snapshot. */
  readonly atMs: number;
  readonly crash?: CrashPoint;
  readonly progress?: BytesProgress;
}

const attempts = 5;

const liveMarks = ({ ledgerFile, domain }: Places): string => {
  const ledger = openLedger({ path: ledgerFile, domain, readonly: true });
  try {
    return ledger.diskMarks();
  } finally {
    ledger.close();
  }
};

/**
 * The parameter store first: a version that one of its decisions names is then in the ledger's copy. A version's
 * directory is in place before the ledger knows it, so whatever the copy names is on disk, unless it was moved meanwhile.
 */
const copyOnce = async (places: Places, staging: string): Promise<Collected> => {
  if (hasParameterStore(places)) await backUpDatabase(places.controllerFile, join(staging, parts.controller));
  await backUpDatabase(places.ledgerFile, join(staging, parts.ledger));
  return collect(places, staging);
};

/** Archiver and janitor move files while they are copied; then ledger and files are not of one moment, and it starts over. */
const copySettled = async ({ places, crash }: SnapshotRequest, staging: string): Promise<Collected> => {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    rmSync(staging, { recursive: true, force: true });
    makeDirectory(staging);
    const found = await copyOnce(places, staging);
    crash?.('snapshot:copied');
    if (found.marks !== liveMarks(places)) continue;
    requireComplete(found);
    return found;
  }
  throw new SnapshotError('Unsettled', `files were moved during each of ${attempts} attempts; try again`);
};

/** Every byte is read, which takes longest of all. */
const hashesUnder = (staging: string, progress?: BytesProgress): Manifest['files'] => {
  const paths = filesUnder(staging);
  const total = paths.reduce((sum, path) => sum + statSync(join(staging, path)).size, 0);
  const count = countBytes(total, progress);
  const hashed = paths.map((path) => {
    const hash = hashOfFile(join(staging, path));
    count(hash.bytes);
    return [path, hash] as const;
  });
  return Object.fromEntries(hashed);
};

/** Candles with other bytes than the ledger knows are no part of a snapshot: they go, and are listed as missing. */
const withoutAltered = (staging: string, files: Manifest['files'], { wanted, missing }: Collected) => {
  const altered = wanted.filter(
    ({ path, hashes }) => files[path] !== undefined && !hashes.includes(files[path].sha256),
  );
  for (const { path } of altered) rmSync(join(staging, path));
  const gone = new Set(altered.map(({ path }) => path));
  return {
    files: Object.fromEntries(Object.entries(files).filter(([path]) => !gone.has(path))),
    missing: [...missing, ...altered.map(({ name }) => `${name} (altered)`)],
  };
};

const countUnder = (files: Manifest['files'], part: string): number =>
  Object.keys(files).filter((path) => path.startsWith(`${part}/`)).length;

const describe = (
  { places, atMs, progress }: SnapshotRequest,
  staging: string,
  found: Collected,
): Manifest => {
  const { ledger, champion, versions } = found;
  const { files, missing } = withoutAltered(staging, hashesUnder(staging, progress), found);
  return {
    schema: 'autotrain-snapshot/1',
    name: snapshotName(atMs),
    created_at: new Date(atMs).toISOString(),
    domain: places.domain,
    code_version: codeVersion(),
    node_version: process.version,
    ...{ ledger, champion, versions, missing },
    candles: {
      archived_months: countUnder(files, parts.archive),
      landed_files: countUnder(files, parts.landing),
    },
    parameter_store: existsSync(join(staging, parts.controller)),
    files,
  };
};

const publish = (request: SnapshotRequest, staging: string, manifest: Manifest): void => {
  const { snapshotDir } = request.places;
  writeManifest(staging, manifest);
  syncTree(staging);
  request.crash?.('snapshot:written');
  renameSync(staging, join(snapshotDir, manifest.name));
  request.crash?.('snapshot:renamed');
  syncDirectory(snapshotDir);
};

const take = async (request: SnapshotRequest, name: string): Promise<Manifest> => {
  const { snapshotDir } = request.places;
  makeDirectory(snapshotDir);
  const staging = join(snapshotDir, `${temporaryPrefix}${name}-${randomBytes(4).toString('hex')}`);
  try {
    const manifest = describe(request, staging, await copySettled(request, staging));
    publish(request, staging, manifest);
    return manifest;
  } catch (error) {
    if (error instanceof SnapshotError) rmSync(staging, { recursive: true, force: true });
    throw asStorageFailure(error, snapshotDir);
  }
};

/**
 * Backs up ledger, parameter store, registry and candles of one moment, while workers and gateways go on. The snapshot is
 * complete and durable, or not there. Throws SnapshotError, LedgerError `StorageUnavailable`, or
 * `InUse` where a restore waits to be completed.
 */
export const takeSnapshot = async (request: SnapshotRequest): Promise<Manifest> => {
  const name = snapshotName(request.atMs);
  const { snapshotDir, ledgerFile } = request.places;
  refuseHalfRestored(ledgerFile);
  const folder = join(snapshotDir, name);
  if (!existsSync(folder)) return take(request, name);
  // Whoever put it there may have died before the name was durable.
  syncDirectory(snapshotDir);
  return readManifest(folder);
};
