import type * as NodeFs from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The real one, where a test gives everybody else `watched` in its place. */
const fs = createRequire(import.meta.url)('node:fs') as typeof NodeFs;

interface Entry {
  readonly name: string;
  readonly id: string;
  readonly kind: 'file' | 'folder' | 'link';
  /** Of a link. */
  readonly target: string;
}

export interface SyncPlan {
  /** Does without the one of this number, from 1. */
  readonly without?: number | undefined;
  /** Called before each, with whether the disk has anything to learn from it; it may throw. */
  readonly before?: (number: number, isNews: boolean) => void;
}

/**
 * A disk that keeps the least it may when the power goes: a file's bytes as of its last sync, a folder's names as of its
 * own last sync. What is not written through node:fs (SQLite's own files) is as durable as SQLite makes it.
 */
const bytes = new Map<string, Buffer>();
const names = new Map<string, readonly Entry[]>();
const opened = new Map<number, string>();
let passed = 0;
let plan: SyncPlan = {};

const statOf = (path: string): NodeFs.BigIntStats => fs.lstatSync(path, { bigint: true });
/** A number of a file that is gone is given again; the time of birth tells them apart. */
const idOf = ({ dev, ino, birthtimeNs }: NodeFs.BigIntStats): string => `${dev}:${ino}:${birthtimeNs}`;

const entryOf = (folder: string, name: string): Entry => {
  const path = join(folder, name);
  const stat = statOf(path);
  const kind = stat.isDirectory() ? 'folder' : stat.isSymbolicLink() ? 'link' : 'file';
  return { name, id: idOf(stat), kind, target: kind === 'link' ? fs.readlinkSync(path) : '' };
};

/** SQLite looks after the names of these. */
const isOfSqlite = /-(wal|shm)$/;

const entriesOf = (folder: string): readonly Entry[] =>
  fs
    .readdirSync(folder)
    .filter((name) => !isOfSqlite.test(name))
    .map((name) => entryOf(folder, name));

const sync = (path: string): void => {
  const stat = statOf(path);
  if (stat.isDirectory()) names.set(idOf(stat), entriesOf(path));
  else bytes.set(idOf(stat), fs.readFileSync(path));
};

const isNews = (path: string): boolean => {
  const stat = statOf(path);
  const [kept, now] = stat.isDirectory()
    ? [names.get(idOf(stat)), entriesOf(path)]
    : [bytes.get(idOf(stat)), fs.readFileSync(path)];
  return JSON.stringify(kept) !== JSON.stringify(now);
};

const passSync = (descriptor: number): void => {
  const path = opened.get(descriptor) as string;
  passed += 1;
  plan.before?.(passed, isNews(path));
  if (passed !== plan.without) sync(path);
};

/** node:fs on that disk. A sync goes nowhere else: no test cuts the real power. */
export const watched = (real: typeof fs): typeof fs => ({
  ...real,
  openSync: (path, ...how) => {
    const descriptor = real.openSync(path, ...how);
    opened.set(descriptor, String(path));
    return descriptor;
  },
  fsyncSync: passSync,
});

/** All that lies there was written long ago. */
export const settle = (folder: string): void => {
  sync(folder);
  for (const { name, kind } of names.get(idOf(statOf(folder))) ?? []) {
    if (kind === 'folder') settle(join(folder, name));
    if (kind === 'file') sync(join(folder, name));
  }
};

/** Counts syncs from here on. */
export const planSyncs = (next: SyncPlan): void => {
  [passed, plan] = [0, next];
};

const putBack = (id: string, to: string): void => {
  for (const { name, id: own, kind, target } of names.get(id) ?? []) {
    const path = join(to, name);
    if (kind === 'link') fs.symlinkSync(target, path);
    if (kind === 'file') fs.writeFileSync(path, bytes.get(own) ?? '');
    if (kind !== 'folder') continue;
    fs.mkdirSync(path);
    putBack(own, path);
  }
};

/** Puts into the empty folder `to` what the next start would find in `folder` if the power went now. */
export const cutPower = (folder: string, to: string): void => putBack(idOf(statOf(folder)), to);
