import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './run.mjs';

const touchEveryMs = 5_000;
const staleMs = 60_000;

const missing = (error) => error?.code === 'ENOENT';

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error?.code === 'EPERM';
  }
};

/** A link appears with its content in one step, so nobody ever reads a lock without an owner. */
const tryTake = (path, owner) => {
  const draft = `${path}.${owner}`;
  writeFileSync(draft, owner);
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error?.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
};

const ownerOf = (path) => {
  try {
    return { owner: readFileSync(path, 'utf8'), touchedMs: statSync(path).mtimeMs };
  } catch (error) {
    if (missing(error)) return undefined;
    throw error;
  }
};

/** The time counts beside the pid: after a reboot another process may carry the same number. */
const isAbandoned = ({ owner, touchedMs }) =>
  !isAlive(Number.parseInt(owner, 10)) || Date.now() - touchedMs > staleMs;

/** Moves an abandoned lock aside; one that another process took in between is put back. */
const breakLock = (path, seen, owner) => {
  const aside = `${path}.broken-${owner}`;
  try {
    renameSync(path, aside);
    if (readFileSync(aside, 'utf8') !== seen.owner) linkSync(aside, path);
  } catch (error) {
    if (!missing(error) && error?.code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
};

const take = async (path, what, owner) => {
  for (let waited = false; !tryTake(path, owner); waited = true) {
    const holder = ownerOf(path);
    if (holder === undefined) continue;
    if (isAbandoned(holder)) breakLock(path, holder, owner);
    else if (!waited)
      say(
        `another set-up (process ${Number.parseInt(holder.owner, 10)}) is at work on ${what}: waiting for it`,
      );
    await sleep(100);
  }
};

/**
 * Runs `work` while no other process on this machine does the same; the lock of a killed process is taken over.
 *
 * @template T
 * @param {string} path of the lock file
 * @param {string} what is locked, for the message of the one that waits
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export const withLock = async (path, what, work) => {
  const owner = `${process.pid}-${Date.now()}`;
  mkdirSync(dirname(path), { recursive: true });
  await take(path, what, owner);
  const touch = setInterval(() => utimesSync(path, new Date(), new Date()), touchEveryMs);
  try {
    return await work();
  } finally {
    clearInterval(touch);
    if (ownerOf(path)?.owner === owner) rmSync(path, { force: true });
  }
};
