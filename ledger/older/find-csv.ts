import { readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { sha256Of } from '../candle-file.ts';
import { systemCode } from '../storage-failure.ts';

export interface FoundCsv {
  readonly path: string;
  readonly bytes: Buffer;
}

const read = (path: string): Buffer | undefined => {
  try {
    return readFileSync(path);
  } catch (error) {
    if (/^(ENOENT|ENOTDIR|EISDIR)$/.test(systemCode(error) ?? '')) return undefined;
    throw error;
  }
};

/** The path itself, then its ends under the folders of today: `/ml/incoming/x.csv` may be `<landing>/x.csv` by now. */
const places = (path: string, dataDir: string, landingDir: string): string[] => {
  const parts = path.split(/[/\\]+/).filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) return [];
  const ends = parts.map((_, at) => parts.slice(at).join('/'));
  const moved = ends.flatMap((end) => [join(dataDir, end), join(landingDir, end)]);
  return isAbsolute(path) ? [path, ...moved] : moved;
};

/** The CSV of an older row, wherever it lies now: of several the one with the registered hash. */
export const findCsv = (
  { path, sha256 }: { path: string; sha256: string },
  { dataDir, landingDir }: { dataDir: string; landingDir: string },
): FoundCsv | undefined => {
  if (path === '') return undefined;
  let other: FoundCsv | undefined;
  for (const place of new Set(places(path, resolve(dataDir), resolve(landingDir)))) {
    const bytes = read(place);
    if (bytes === undefined) continue;
    if (sha256 === '' || sha256Of(bytes) === sha256) return { path: place, bytes };
    other ??= { path: place, bytes };
  }
  return other;
};
