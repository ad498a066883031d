import { readdirSync, readlinkSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { CrashPoint } from '../ledger/crash-points.ts';
import { syncDirectory } from '../ledger/durable-file.ts';
import type { Ledger } from '../ledger/open.ts';
import type { PromotionRow } from '../ledger/promotions.ts';
import { asStorageFailure, systemCode } from '../ledger/storage-failure.ts';
import { RegistryError } from './errors.ts';
import { isComplete, registryDir } from './store.ts';
import { isVersionId } from './version-id.ts';

/** Where the champion's link is. */
export const linkPath = (modelsDir: string): string => join(modelsDir, 'current');

const resolved = (path: string): string | undefined => {
  try {
    return realpathSync(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
};

/**
 * The version that the link points to; undefined when there is no link, or one into the void. Read its files by
 * this name, never through the link: it may move between two of them. Throws `Corrupt` when it points elsewhere.
 */
export const readCurrent = (modelsDir: string): string | undefined => {
  const target = resolved(linkPath(modelsDir));
  if (target === undefined) return undefined;
  const isOurs = dirname(target) === resolved(registryDir(modelsDir)) && isVersionId(basename(target));
  if (isOurs) return basename(target);
  throw new RegistryError('Corrupt', `${linkPath(modelsDir)} points to ${target}, which is no version`);
};

/** The link's text: cheap to ask for, and different after each swap to another version. */
export const readCurrentLink = (modelsDir: string): string | undefined => {
  try {
    return readlinkSync(linkPath(modelsDir));
  } catch (error) {
    if (/^(ENOENT|EINVAL)$/.test(systemCode(error) ?? '')) return undefined;
    throw error;
  }
};

const temporaryLink = '.current-';

/** What a death between link and rename left; whoever swaps holds the ledger's write lock, so none is in use. */
const removeLeftLinks = (modelsDir: string): void => {
  for (const name of readdirSync(modelsDir))
    if (name.startsWith(temporaryLink)) rmSync(join(modelsDir, name), { force: true });
};

const swapLink = (modelsDir: string, versionId: string, fence: number, crash: CrashPoint): void => {
  removeLeftLinks(modelsDir);
  const temporary = join(modelsDir, `${temporaryLink}${fence}`);
  symlinkSync(join('registry', versionId), temporary);
  crash('link:tmp');
  renameSync(temporary, linkPath(modelsDir));
  crash('link:renamed');
  syncDirectory(modelsDir);
  crash('link:synced');
};

/**
 * Points `current` at a complete version: a relative link, swapped by rename, so that a reader sees the old or the
 * new one. It does not ask the ledger: promotions go through `projectChampion`.
 */
export const pointCurrentAt = (
  modelsDir: string,
  versionId: string,
  fence: number,
  crash: CrashPoint = () => {},
): void => {
  if (!isComplete(modelsDir, versionId)) {
    throw new RegistryError('Corrupt', `${versionId} is missing or corrupt: current stays where it is`);
  }
  try {
    swapLink(modelsDir, versionId, fence, crash);
  } catch (error) {
    throw asStorageFailure(error, linkPath(modelsDir));
  }
};

export interface Projection {
  readonly ledger: Ledger;
  readonly modelsDir: string;
  readonly crash?: CrashPoint;
}

/**
 * Points the link at the ledger's champion, under the ledger's write lock: a slow projection of an older promotion
 * never undoes a newer one. Call it after `ledger.promote`; repeat it freely. undefined: there is no champion.
 */
export const projectChampion = ({ ledger, modelsDir, crash }: Projection): PromotionRow | undefined =>
  ledger.projectChampion(({ versionId, fence }) => pointCurrentAt(modelsDir, versionId, fence, crash));
