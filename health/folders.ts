import type { Config } from '../config.ts';

/** Where the loop writes: a folder, or a file that grows in it. */
export interface Folder {
  /** Label of its metric. */
  readonly name: 'data' | 'models' | 'landing' | 'ledger' | 'parameters' | 'snapshots' | 'model_archive';
  readonly root: string;
}

/** Those that every process uses. */
export const servingFolders = ({ paths }: Pick<Config, 'paths'>): Folder[] => [
  { name: 'data', root: paths.dataDir },
  { name: 'models', root: paths.modelsDir },
  { name: 'landing', root: paths.landingDir },
  { name: 'ledger', root: paths.ledgerFile },
  { name: 'parameters', root: paths.controllerFile },
];

/** And those that workers alone write, often on a share: what serves engines never waits for these. */
export const foldersOf = (config: Pick<Config, 'paths' | 'snapshots' | 'registry'>): Folder[] => {
  const { archiveDir } = config.registry;
  return [
    ...servingFolders(config),
    { name: 'snapshots', root: config.snapshots.dir },
    ...(archiveDir === undefined ? [] : [{ name: 'model_archive', root: archiveDir } as const]),
  ];
};
