import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openLedger } from './open.ts';

/** A directory that goes with the test. */
export const freshDir = (): string => {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'autotrain-ledger-')));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};

/** A ledger in a directory of its own, with a clock that moves only when told to. */
export const openFresh = () => {
  const dataDir = freshDir();
  const clock = { now: 1_000_000 };
  const path = join(dataDir, 'manifest.sqlite');
  const ledger = openLedger({ path, domain: 'production', clock: () => clock.now });
  return { ledger, dataDir, path, clock };
};
