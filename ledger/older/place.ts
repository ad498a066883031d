import { dirname, join, relative } from 'node:path';
import type { CrashPoint } from '../crash-points.ts';

/** Where the CSVs of a manifest of the older stack are looked for, and where new ones go. */
export interface OlderPlace {
  readonly dataDir: string;
  readonly landingDir: string;
  /** `landingDir`, relative to the data directory. */
  readonly landing: string;
  /** For files whose exchange nothing in the manifest names. */
  readonly exchange: string | undefined;
  readonly crash: CrashPoint | undefined;
}

/** What the settings say of it. */
export interface OlderSettings {
  readonly paths: { readonly dataDir: string; readonly landingDir: string };
  readonly exchange: { readonly id: string };
}

/** Without settings: as the older stack laid it out, beside its manifest. */
export const olderPlace = (
  manifest: string,
  settings: OlderSettings | undefined,
  crash: CrashPoint | undefined,
): OlderPlace => {
  const dataDir = settings?.paths.dataDir ?? dirname(manifest);
  const landingDir = settings?.paths.landingDir ?? join(dataDir, 'incoming');
  return {
    dataDir,
    landingDir,
    landing: relative(dataDir, landingDir),
    exchange: settings?.exchange.id,
    crash,
  };
};
