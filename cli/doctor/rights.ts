import { accessSync, constants, mkdtempSync, rmdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../../config.ts';
import { nearestExisting } from '../../health/disk.ts';
import { type Check, fail, ok, reasonOf } from './check.ts';

/** Rights say little on a mount that is read only, so something is written and removed. */
const demandWritable = (folder: string): void => {
  if (!statSync(folder).isDirectory()) throw new Error(`${folder} is a file, not a folder`);
  accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  rmdirSync(mkdtempSync(path.join(folder, '.autotrain-doctor-')));
};

const checkFolder = (setting: string, folder: string): Check => {
  const there = nearestExisting(folder);
  try {
    demandWritable(there);
    return ok('rights', `${setting} ${folder} ${there === folder ? 'can be written' : 'can be made'}`);
  } catch (error) {
    return fail(
      'rights',
      `${setting} ${folder} cannot be written: ${reasonOf(error)}`,
      `give user ${process.getuid?.() ?? ''} the right to write there, or set ${setting} to another folder`,
    );
  }
};

/** Every folder that is written to, each once. */
export const checkRights = ({ paths, snapshots }: Config): Check[] => {
  const folders = [
    ['DATA_DIR', paths.dataDir],
    ['DATA_LANDING', paths.landingDir],
    ['LEDGER_DB', path.dirname(paths.ledgerFile)],
    ['PC_DB', path.dirname(paths.controllerFile)],
    ['MODELS_DIR', paths.modelsDir],
    ['SNAPSHOT_DIR', snapshots.dir],
  ] as const;
  const byFolder = new Map(folders.toReversed().map(([setting, folder]) => [folder, setting]));
  return [...byFolder].toReversed().map(([folder, setting]) => checkFolder(setting, folder));
};
