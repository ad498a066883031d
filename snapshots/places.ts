import type { Config } from '../config.ts';

/** The state that is backed up, and where its snapshots lie. */
export interface Places {
  readonly domain: string;
  readonly dataDir: string;
  readonly landingDir: string;
  readonly ledgerFile: string;
  readonly controllerFile: string;
  readonly modelsDir: string;
  readonly snapshotDir: string;
}

export const placesOf = ({ domain, paths, snapshots }: Config): Places => {
  const { dataDir, landingDir, ledgerFile, controllerFile, modelsDir } = paths;
  return {
    ...{ domain, dataDir, landingDir, ledgerFile, controllerFile, modelsDir },
    snapshotDir: snapshots.dir,
  };
};
