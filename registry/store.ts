import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { CrashPoint } from '../ledger/crash-points.ts';
import { makeDirectory, syncDirectory, writeSynced } from '../ledger/durable-file.ts';
import { asStorageFailure, systemCode } from '../ledger/storage-failure.ts';
import { modelHashOf } from './checksum.ts';
import { isRegistryError, RegistryError } from './errors.ts';
import type { ModelFile } from './model-file.ts';
import { sealMetadata, unsealMetadata } from './sealed-metadata.ts';
import { checkModel, serializeModel } from './serialize.ts';
import { isVersionId } from './version-id.ts';

export type Metadata = Readonly<Record<string, unknown>>;

export interface StoredVersion {
  readonly model: ModelFile;
  /** As it was given, with `model_hash`. */
  readonly metadata: Metadata;
  readonly modelHash: string;
}

export interface WriteRequest {
  readonly modelsDir: string;
  readonly versionId: string;
  readonly model: ModelFile;
  /** The fields of metadata.json; `model_hash` and `heads_hash` are added. */
  readonly metadata: Metadata;
  /** Strict mode: the bytes of heads.json. */
  readonly heads?: string;
  readonly crash?: CrashPoint;
}

export const registryDir = (modelsDir: string): string => join(modelsDir, 'registry');

/** Checks the name before it becomes part of a path. Throws `NotFound`. */
export const versionDir = (modelsDir: string, versionId: string): string => {
  if (isVersionId(versionId)) return join(registryDir(modelsDir), versionId);
  throw new RegistryError('NotFound', `"${versionId.slice(0, 80)}" is no version id`);
};

export const stagingPrefix = '.staging-';

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

const contentsOf = ({ versionId, model, metadata, heads }: WriteRequest) => {
  const json = serializeModel(model);
  const modelHash = modelHashOf(json);
  const headsHash = heads === undefined ? undefined : modelHashOf(heads);
  const hashes = { model_hash: modelHash, ...(headsHash === undefined ? {} : { heads_hash: headsHash }) };
  const described = sealMetadata({ ...metadata, ...hashes });
  const files: (readonly [string, string])[] = [
    ['model.json', json],
    ...(heads === undefined ? [] : [['heads.json', heads] as const]),
    ['metadata.json', `${described}\n`],
    ['version.txt', `${versionId}\n`],
  ];
  return { modelHash, headsHash, files };
};

const parseJson = (text: string, path: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RegistryError('Corrupt', `${path} is not JSON`, error);
  }
};

const readPart = (dir: string, name: string): string => {
  try {
    return readFileSync(join(dir, name), 'utf8');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR') throw error;
    const code = isThere(dir) ? 'Corrupt' : 'NotFound';
    throw new RegistryError(code, `${join(dir, name)} does not exist`, error);
  }
};

const metadataSchema = z.looseObject({ model_hash: z.string(), heads_hash: z.string().exactOptional() });

const readMetadata = (dir: string): z.infer<typeof metadataSchema> => {
  const path = join(dir, 'metadata.json');
  const unsealed = unsealMetadata(parseJson(readPart(dir, 'metadata.json'), path), path);
  const result = metadataSchema.safeParse(unsealed);
  if (result.success) return result.data;
  throw new RegistryError('Corrupt', `${path}: ${z.prettifyError(result.error)}`);
};

const requireName = (dir: string, versionId: string): void => {
  if (readPart(dir, 'version.txt').trim() === versionId) return;
  throw new RegistryError('Corrupt', `${dir}/version.txt names another version`);
};

/** Reads a version from a directory that was resolved before (`realpath` once, then open inside that). */
const readDir = (dir: string, versionId: string): StoredVersion => {
  const metadata = readMetadata(dir);
  requireName(dir, versionId);
  const json = readPart(dir, 'model.json');
  const modelHash = modelHashOf(json);
  if (modelHash !== metadata.model_hash) {
    throw new RegistryError('Corrupt', `${dir}/model.json differs from its checksum`);
  }
  if (metadata.heads_hash !== undefined) readUnaltered(dir, metadata.heads_hash);
  return { model: checkModel(parseJson(json, dir), 'Corrupt', `${dir}/model.json`), metadata, modelHash };
};

const readUnaltered = (dir: string, headsHash: string): string => {
  const text = readPart(dir, 'heads.json');
  if (modelHashOf(text) === headsHash) return text;
  throw new RegistryError('Corrupt', `${dir}/heads.json differs from its checksum`);
};

/** The text of a version's heads.json. Throws `NotFound`, `Corrupt`. */
export const readHeadsText = (modelsDir: string, versionId: string): HeadsText =>
  readHeadsTextIn(versionDir(modelsDir, versionId));

interface HeadsText {
  readonly text: string;
  readonly where: string;
}

/** The same, of the version in this directory. */
export const readHeadsTextIn = (dir: string): HeadsText => {
  const { heads_hash: headsHash } = readMetadata(dir);
  if (headsHash === undefined) throw new RegistryError('NotFound', `${dir} holds no lineage heads`);
  return { text: readUnaltered(dir, headsHash), where: join(dir, 'heads.json') };
};

/**
 * Reads and checks a version: complete, unaltered, a model that makes sense. Throws `NotFound`, `Corrupt`.
 * With `expectedModelHash` (from the ledger) an alteration of both model and metadata is seen as well.
 */
export const readVersion = (
  modelsDir: string,
  versionId: string,
  expectedModelHash?: string,
): StoredVersion => {
  const version = readDir(versionDir(modelsDir, versionId), versionId);
  if (expectedModelHash === undefined || version.modelHash === expectedModelHash) return version;
  throw new RegistryError('Corrupt', `${versionId}: model.json is not the one that the ledger knows`);
};

/** A version in another folder than the registry, such as MODEL_ARCHIVE_DIR. Throws as `readVersion`. */
export const readVersionIn = (
  folder: string,
  versionId: string,
  expectedModelHash: string,
): StoredVersion => {
  if (!isVersionId(versionId)) throw new RegistryError('NotFound', 'that is no version id');
  const version = readDir(join(folder, versionId), versionId);
  if (version.modelHash === expectedModelHash) return version;
  throw new RegistryError('Corrupt', `${versionId}: model.json is not the one that the ledger knows`);
};

/** True when the version can be read; false when it is missing or corrupt. */
export const isComplete = (modelsDir: string, versionId: string, expectedModelHash?: string): boolean => {
  try {
    readVersion(modelsDir, versionId, expectedModelHash);
    return true;
  } catch (error) {
    if (isRegistryError(error)) return false;
    throw error;
  }
};

const stage = (request: WriteRequest, files: readonly (readonly [string, string])[]): string => {
  const unique = randomBytes(4).toString('hex');
  const staging = join(registryDir(request.modelsDir), `${stagingPrefix}${request.versionId}-${unique}`);
  makeDirectory(registryDir(request.modelsDir));
  mkdirSync(staging);
  for (const [name, text] of files) {
    writeSynced(join(staging, name), text);
    request.crash?.('version:begun');
  }
  request.crash?.('version:written');
  syncDirectory(staging);
  return staging;
};

const isOccupied = (error: unknown): boolean => /^(ENOTEMPTY|EEXIST)$/.test(systemCode(error) ?? '');

/** False when the final directory is there already. */
const renameInto = (staging: string, final: string): boolean => {
  try {
    renameSync(staging, final);
    return true;
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    if (isOccupied(error)) return false;
    throw error;
  }
};

const requireSame = (
  { modelsDir, versionId }: WriteRequest,
  { modelHash, headsHash }: ReturnType<typeof contentsOf>,
): void => {
  const found = readVersion(modelsDir, versionId);
  if (found.modelHash === modelHash && found.metadata['heads_hash'] === headsHash) return;
  throw new RegistryError('Conflict', `${versionId} exists with another model or another lineage head`);
};

const place = (request: WriteRequest, final: string, contents: ReturnType<typeof contentsOf>): void => {
  if (!isThere(final) && renameInto(stage(request, contents.files), final))
    request.crash?.('version:renamed');
  // Also of one that was there: whoever renamed it may have died before this.
  syncDirectory(registryDir(request.modelsDir));
  request.crash?.('version:synced');
  requireSame(request, contents);
};

/**
 * Writes a version as a whole: staged, synced, renamed into place, so that a crash leaves all of it or nothing.
 * One that exists with the same model is taken as it is. Throws `Invalid`, `Conflict`, `Corrupt`, and LedgerError
 * `StorageUnavailable` when the disk is full or read-only. `dir` is relative to `modelsDir`.
 */
export const writeVersionDir = (request: WriteRequest): { dir: string; modelHash: string } => {
  const final = versionDir(request.modelsDir, request.versionId);
  const contents = contentsOf(request);
  try {
    place(request, final, contents);
  } catch (error) {
    throw asStorageFailure(error, final);
  }
  return { dir: join('registry', request.versionId), modelHash: contents.modelHash };
};

/** The versions whose directories are in place, oldest first. */
export const listVersionDirs = (modelsDir: string): string[] =>
  isThere(registryDir(modelsDir)) ? readdirSync(registryDir(modelsDir)).filter(isVersionId).sort() : [];
