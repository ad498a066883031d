import { readlink, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ModelFile } from '../registry/model-file.ts';
import type { Metrics } from './metrics.ts';
import type { Logger } from './ports.ts';

/** What the registry gives for a version: validated, its checksum verified. */
export interface LoadedVersion {
  readonly model: ModelFile;
  readonly metadata: object;
  readonly modelHash: string;
}

/** One loaded version. An answer is computed from one snapshot from beginning to end. */
export interface Snapshot extends LoadedVersion {
  readonly versionId: string;
  readonly loadedAtMs: number;
}

/** The current link points to something that does not load; what was loaded before goes on serving. */
export interface ModelProblem {
  readonly versionId: string;
  readonly detail: string;
}

export interface Models {
  snapshot(): Snapshot | undefined;
  problem(): ModelProblem | undefined;
  /** Looks at the link now, not at the next poll; resolves when what it points to is loaded or refused. */
  reload(): Promise<void>;
  stop(): void;
}

interface ModelsDeps {
  readonly modelsDir: string;
  /** At most a second, so that a promotion serves within a second. */
  readonly pollMs: number;
  readonly readVersion: (modelsDir: string, versionId: string) => LoadedVersion | Promise<LoadedVersion>;
  readonly metrics: Metrics;
  readonly log: Logger;
}

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** The link's text; undefined where no version was promoted yet. */
const readTarget = (link: string): Promise<string | undefined> =>
  readlink(link).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });

/** Follows `current`: a poll reads the link only, and what it points to when it moved. */
export const openModels = async (deps: ModelsDeps): Promise<Models> => {
  const { pollMs, log } = deps;
  const follower = createFollower(deps);
  // One look at a time: each begins after the one before has ended.
  let last: Promise<void> = Promise.resolve();
  const reload = () => {
    last = last
      .then(follower.look)
      .catch((error: unknown) => log.error({ err: error }, 'current unreadable'));
    return last;
  };
  await reload();
  const timer = setInterval(reload, pollMs);
  timer.unref();
  return { snapshot: follower.snapshot, problem: follower.problem, reload, stop: () => clearInterval(timer) };
};

const createFollower = ({ modelsDir, readVersion, metrics, log }: ModelsDeps) => {
  const link = join(modelsDir, 'current');
  let seen: string | undefined;
  let snapshot: Snapshot | undefined;
  let problem: ModelProblem | undefined;

  const accept = (versionId: string, loaded: LoadedVersion) => {
    snapshot = { ...loaded, versionId, loadedAtMs: Date.now() };
    problem = undefined;
    metrics.modelInfo.reset();
    metrics.modelInfo.set({ version: versionId }, 1);
    metrics.modelRefused.set(0);
    metrics.modelReloads.inc({ outcome: 'loaded' });
    log.info({ versionId }, 'model loaded');
  };

  const refuse = (versionId: string, error: Error) => {
    const first = problem?.versionId !== versionId;
    problem = { versionId, detail: error.message };
    metrics.modelRefused.set(1);
    if (!first) return;
    metrics.modelReloads.inc({ outcome: 'refused' });
    log.error(
      { err: error, versionId, serving: snapshot?.versionId },
      'model refused, the old one serves on',
    );
  };

  const look = async () => {
    const target = await readTarget(link);
    if (target === undefined) return;
    // A refused target is tried again, because its files may have been repaired under the same name.
    if (target === seen && !problem) return;
    const versionId = basename(target);
    try {
      // Resolved once: everything is read inside the directory that this names, whatever the link does next.
      const directory = await realpath(join(modelsDir, target));
      accept(versionId, await readVersion(modelsDir, basename(directory)));
      seen = target;
    } catch (error) {
      refuse(versionId, error as Error);
    }
  };
  return { look, snapshot: () => snapshot, problem: () => problem };
};
