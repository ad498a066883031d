import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bundledFolder, loadStrategySchemas, type StrategySchemas } from './load.ts';

/** Follows a folder of schemas while it is served from. */
export interface SchemaWatch {
  /** What is wrong with the files as they are now; then the last good ones go on serving. */
  problem(): string | undefined;
  stop(): void;
}

export interface SchemaWatchOptions {
  readonly folder?: string | undefined;
  readonly pollMs: number;
  /** All schemas, when any of the files changed and all of them are valid. */
  readonly changed: (schemas: StrategySchemas) => void;
  /** Once for each state of the files that is refused. */
  readonly refused: (problem: string) => void;
}

/** Changes when a file does, comes or goes; undefined where the folder cannot be read. */
const stateOf = (folder: string): string =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => {
      const { mtimeNs, size, ino } = statSync(join(folder, file), { bigint: true });
      return `${file} ${mtimeNs} ${size} ${ino}`;
    })
    .join('\n');

/** Looks every pollMs. One invalid file refuses the change as a whole, and the schemas before it go on. */
export const watchStrategySchemas = ({
  folder = bundledFolder(),
  pollMs,
  changed,
  refused,
}: SchemaWatchOptions): SchemaWatch => {
  let seen = stateOf(folder);
  let problem: string | undefined;
  const look = (): void => {
    try {
      const state = stateOf(folder);
      if (state === seen) return;
      seen = state;
      changed(loadStrategySchemas(folder));
      problem = undefined;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== problem) refused(reason);
      problem = reason;
    }
  };
  const timer = setInterval(look, pollMs);
  timer.unref();
  return { problem: () => problem, stop: () => clearInterval(timer) };
};
