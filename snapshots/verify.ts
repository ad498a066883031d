import { join } from 'node:path';
import { ifThere } from '../ledger/durable-file.ts';
import { readVersion } from '../registry/store.ts';
import { SnapshotError } from './errors.ts';
import { filesUnder } from './folders.ts';
import { hashOfFile, type Manifest, manifestFiles, readManifest } from './manifest.ts';
import { snapshotNames } from './names.ts';
import { type BytesProgress, countBytes } from './progress.ts';

export interface SnapshotProblem {
  /** Relative to the snapshot. */
  readonly file: string;
  readonly problem: string;
}

export interface Verified {
  readonly ok: boolean;
  readonly name: string;
  readonly files: number;
  readonly bytes: number;
  readonly problems: readonly SnapshotProblem[];
}

/** The folder of a snapshot. Throws `NotFound` with the names that there are. */
export const snapshotFolder = (snapshotDir: string, name: string): string => {
  const names = snapshotNames(snapshotDir);
  if (names.includes(name)) return join(snapshotDir, name);
  const there = names.length === 0 ? 'none' : names.join(', ');
  throw new SnapshotError(
    'NotFound',
    `no snapshot ${JSON.stringify(name)} in ${snapshotDir}; there are: ${there}`,
  );
};

const checkFile = (folder: string, file: string, wanted: Manifest['files'][string]): SnapshotProblem[] => {
  const found = ifThere(() => hashOfFile(join(folder, file)));
  if (found === undefined) return [{ file, problem: 'missing' }];
  return found.sha256 === wanted.sha256 ? [] : [{ file, problem: 'differs from its hash' }];
};

const unknownFiles = (folder: string, { files }: Manifest): SnapshotProblem[] =>
  filesUnder(folder)
    .filter((file) => !Object.hasOwn(files, file) && !manifestFiles.some((own) => own === file))
    .map((file) => ({ file, problem: 'the manifest does not know it' }));

/** What serves after a restore can be read. */
const checkChampion = (folder: string, { champion, versions }: Manifest): SnapshotProblem[] => {
  const row = versions.find(({ version_id: id }) => id === champion);
  if (!row) return [];
  try {
    readVersion(folder, row.version_id, row.model_hash);
    return [];
  } catch (error) {
    return [{ file: `registry/${row.version_id}`, problem: (error as Error).message }];
  }
};

const damagedManifest = (name: string, error: unknown): Verified => {
  if (!(error instanceof SnapshotError)) throw error;
  const problems = [{ file: 'manifest.json', problem: error.message }];
  return { ok: false, name, files: 0, bytes: 0, problems };
};

export const bytesOf = ({ files }: Manifest): number =>
  Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0);

const checkFiles = (folder: string, manifest: Manifest, progress?: BytesProgress): Verified => {
  const files = Object.entries(manifest.files);
  const bytes = bytesOf(manifest);
  const count = countBytes(bytes, progress);
  const problems = [
    ...files.flatMap(([file, wanted]) => {
      const found = checkFile(folder, file, wanted);
      count(wanted.bytes);
      return found;
    }),
    ...unknownFiles(folder, manifest),
    ...checkChampion(folder, manifest),
  ];
  return { ok: problems.length === 0, name: manifest.name, files: files.length, bytes, problems };
};

/** Reads every byte of a snapshot and holds it against the manifest: altered, missing and added files are named. */
export const verifySnapshot = (snapshotDir: string, name: string, progress?: BytesProgress): Verified => {
  const folder = snapshotFolder(snapshotDir, name);
  let manifest: Manifest;
  try {
    manifest = readManifest(folder);
  } catch (error) {
    return damagedManifest(name, error);
  }
  return checkFiles(folder, manifest, progress);
};
