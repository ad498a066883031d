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

const moveAside = ({ target, aside }: Move): void => {
  for (const suffix of sidecars) if (existsSync(target + suffix)) renameSync(target + suffix, aside + suffix);
  if (existsSync(target)) renameSync(target, aside);
};

/** Repeating it after a crash at any point ends in the same place: what is staged was not moved yet. */
export const carryOut = (move: Move, crash: CrashPoint): void => {
  if (!existsSync(move.staged)) return;
  moveAside(move);
  crash('restore:aside');
  renameSync(move.staged, move.target);
  crash('restore:moved');
  syncDirectory(dirname(move.target));
};
