import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openLedger } from './open.ts';

/** Where syncing costs nothing, for tests of what is stored and not of how durably. */
const memory = '/dev/shm';

export interface Fresh {
  readonly inMemory?: boolean;
}

/** A directory that goes with the test. */
export const freshDir = ({ inMemory = false }: Fresh = {}): string => {
  const root = inMemory && existsSync(memory) ? memory : tmpdir();
  const dir = realpathSync(mkdtempSync(join(root, 'autotrain-ledger-')));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};

/** A ledger in a directory of its own, with a clock that moves only when told to. */
export const openFresh = (options: Fresh = {}) => {
  const dataDir = freshDir(options);
  const clock = { now: 1_000_000 };
  const path = join(dataDir, 'manifest.sqlite');
  const ledger = openLedger({ path, domain: 'production', clock: () => clock.now });
  return { ledger, dataDir, path, clock };
};
