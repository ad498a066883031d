import { existsSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { KnownMonth } from '../ledger/archive-months.ts';
import { seriesFolder } from '../ledger/candle-file.ts';
import { ifThere } from '../ledger/durable-file.ts';
import { type Ledger, openLedger } from '../ledger/open.ts';
import { systemCode } from '../ledger/storage-failure.ts';
import { isRegistryError } from '../registry/errors.ts';
import { readVersion, versionDir } from '../registry/store.ts';
import { parseSeries } from '../series.ts';
import { SnapshotError } from './errors.ts';
import { copySynced, filesUnder, linkOrCopy, segmentsUnder } from './folders.ts';
import type { Manifest } from './manifest.ts';
import type { Places } from './places.ts';

export const parts = {
  ledger: 'ledger.sqlite',
  controller: 'controller.sqlite',
  registry: 'registry',
  archive: 'archive',
  landing: 'landing',
  audit: 'audit',
} as const;

/** A file of candles in the snapshot that must hash to what the ledger says. */
export interface Wanted {
  /** Relative to the snapshot. */
  readonly path: string;
  /** What the manifest calls it where it is missing. */
  readonly name: string;
  readonly hashes: readonly string[];
}

interface Candles {
  readonly wanted: readonly Wanted[];
  readonly missing: readonly string[];
}

export type Collected = Pick<Manifest, 'ledger' | 'champion' | 'versions' | 'missing'> & {
  readonly wanted: readonly Wanted[];
  /** Of the ledger's copy: see `diskMarks`. */
  readonly marks: string;
};

const limit = Number.MAX_SAFE_INTEGER;

/** False when it is gone, or not what the ledger knows. */
const copyVersion = (
  { modelsDir }: Places,
  staging: string,
  versionId: string,
  modelHash: string,
): boolean => {
  const from = versionDir(modelsDir, versionId);
  const to = versionDir(staging, versionId);
  try {
    for (const name of filesUnder(from)) copySynced(join(from, name), join(to, name));
    readVersion(staging, versionId, modelHash);
    return true;
  } catch (error) {
    rmSync(to, { recursive: true, force: true });
    if (isRegistryError(error) || systemCode(error) === 'ENOENT') return false;
    throw error;
  }
};

const collectVersions = (ledger: Ledger, places: Places, staging: string) => {
  const rows = ledger.versions({ limit });
  const missing = rows.filter((row) => !copyVersion(places, staging, row.versionId, row.modelHash));
  const versions = rows
    .filter((row) => !missing.includes(row))
    .map((row) => ({ version_id: row.versionId, model_hash: row.modelHash }));
  return { versions, missing: missing.map(({ versionId }) => `version ${versionId}`) };
};

const comesAlong = (from: string, to: string): boolean =>
  ifThere(() => linkOrCopy(from, to) ?? true) !== undefined;

const monthFile = ({ series, month }: KnownMonth): string =>
  join(seriesFolder(parseSeries(series)), `${month}.csv`);

/** Those that the ledger knows must be there, once they were written; those of before it kept hashes come along. */
const collectMonths = (ledger: Ledger, { dataDir }: Places, staging: string): Candles => {
  const folder = join(dataDir, parts.archive);
  const onDisk = filesUnder(folder).filter((path) => /\/\d{4}-\d{2}\.csv$/.test(path));
  const copied = new Set(
    onDisk.filter((path) => comesAlong(join(folder, path), join(staging, parts.archive, path))),
  );
  const months = ledger.archiveMonths();
  const gone = months.filter((month) => month.isWritten && !copied.has(monthFile(month)));
  const name = (month: KnownMonth): string => `month ${join(parts.archive, monthFile(month))}`;
  const wanted = months.map((month) => ({
    ...{ path: join(parts.archive, monthFile(month)), name: name(month), hashes: month.hashes },
  }));
  return { wanted, missing: gone.map(name) };
};

/**
 * What is not in the archive yet must be there; what is, and was left on disk, comes along. So does what was put aside,
 * as it is: its candles are gaps by now.
 */
const collectLanded = (ledger: Ledger, { dataDir, landingDir }: Places, staging: string): Candles => {
  const rows = ledger.files({ limit }).filter(({ status }) => status !== 'deleted');
  const missing: string[] = [];
  const wanted: Wanted[] = [];
  for (const { path, archivedAt, status, sha256 } of rows) {
    const inLanding = relative(landingDir, join(dataDir, path));
    const to = join(parts.landing, inLanding);
    const there = !inLanding.startsWith('..') && comesAlong(join(dataDir, path), join(staging, to));
    if (status === 'quarantined') continue;
    if (there) wanted.push({ path: to, name: `candles ${path}`, hashes: [sha256] });
    else if (archivedAt === null) missing.push(`candles ${path}`);
  }
  return { wanted, missing };
};

/** Of both logs. Their files are in place before a database names them, and are never removed. */
const collectAudit = ({ dataDir }: Places, staging: string): void => {
  const folder = join(dataDir, parts.audit);
  for (const path of segmentsUnder(folder)) linkOrCopy(join(folder, path), join(staging, parts.audit, path));
};

const requireChampion = (champion: string | null, versions: Collected['versions']): void => {
  if (champion === null || versions.some(({ version_id: id }) => id === champion)) return;
  throw new SnapshotError(
    'Damaged',
    `the champion ${champion} is missing or altered in the registry: a snapshot without it could not serve`,
  );
};

/** Copies what the ledger's copy in `staging` names. Disk that the ledger knows and that is gone is listed as missing. */
export const collect = (places: Places, staging: string): Collected => {
  const ledger = openLedger({ path: join(staging, parts.ledger), domain: places.domain, readonly: true });
  try {
    const champion = ledger.champion()?.versionId ?? null;
    const registry = collectVersions(ledger, places, staging);
    const months = collectMonths(ledger, places, staging);
    const landed = collectLanded(ledger, places, staging);
    collectAudit(places, staging);
    return {
      ledger: {
        epoch: ledger.epoch(),
        watermarks: Object.fromEntries(ledger.watermarks().map(({ series, value }) => [series, value])),
        files: ledger.fileCounts(),
      },
      champion,
      versions: registry.versions,
      wanted: [...months.wanted, ...landed.wanted],
      missing: [...registry.missing, ...months.missing, ...landed.missing],
      marks: ledger.diskMarks(),
    };
  } finally {
    ledger.close();
  }
};

export const requireComplete = ({ champion, versions }: Collected): void =>
  requireChampion(champion, versions);

export const hasParameterStore = ({ controllerFile }: Places): boolean => existsSync(controllerFile);
