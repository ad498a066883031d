import { existsSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { CrashPoint } from '../ledger/crash-points.ts';
import { syncDirectory } from '../ledger/durable-file.ts';

/** One part of the state that takes the place of another. */
export const moveSchema = z.strictObject({
  /** Complete and durable, beside the target. */
  staged: z.string(),
  target: z.string(),
  /** Where the old one goes. */
  aside: z.string(),
});

export type Move = z.infer<typeof moveSchema>;

/** SQLite's log belongs to its database: a new database must not find it. */
const sidecars = ['-wal', '-shm', '-journal'];

const numbered = (path: string, n: number): string => (n === 1 ? path : `${path}-${n}`);

/** Nothing is renamed onto what is kept aside: it may be the old state, and what came into its place since is another. */
const freeName = (path: string, n = 1): string =>
  existsSync(numbered(path, n)) ? freeName(path, n + 1) : numbered(path, n);

const moveAside = ({ target, aside }: Move): void => {
  const name = freeName(aside);
  for (const suffix of sidecars)
    if (existsSync(target + suffix)) renameSync(target + suffix, freeName(name + suffix));
  if (existsSync(target)) renameSync(target, name);
};

const replace = (move: Move, crash: CrashPoint): void => {
  moveAside(move);
  crash('restore:aside');
  renameSync(move.staged, move.target);
  crash('restore:moved');
};

/**
 * Repeating it after a crash at any point ends in the same place: what is staged was not moved yet. Whoever moved it may
 * have died before the sync, and the journal goes after it: so it is synced in any case.
 */
export const carryOut = (move: Move, crash: CrashPoint): void => {
  if (existsSync(move.staged)) replace(move, crash);
  syncDirectory(dirname(move.target));
};

/** Where the old one went, and what was in its place when an interrupted restore was completed. */
export const keptAside = ({ aside }: Pick<Move, 'aside'>, n = 1): string[] => {
  const path = numbered(aside, n);
  return existsSync(path) ? [path, ...keptAside({ aside }, n + 1)] : [];
};
