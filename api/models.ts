import { linkPath, readCurrent, readCurrentLink } from '../registry/current.ts';
import type { StoredVersion } from '../registry/store.ts';
import type { Metrics } from './metrics.ts';
import type { Logger } from './ports.ts';

/** One loaded version. An answer is computed from one snapshot from beginning to end. */
export interface Snapshot extends StoredVersion {
  readonly versionId: string;
  readonly loadedAtMs: number;
}

/** The current link cannot be read, or points to something that does not load; what was loaded before goes on serving. */
interface ModelProblem {
  /** The version, or where the link points when that is none; the link itself where it cannot be read. */
  readonly target: string;
  readonly detail: string;
}

export interface Models {
  snapshot(): Snapshot | undefined;
  problem(): ModelProblem | undefined;
  /** Looks at the link now, not at the next poll. */
  reload(): void;
  stop(): void;
}

/** Reads and checks a version; throws when it is missing or altered. */
export type ReadVersion = (versionId: string) => StoredVersion;

interface ModelsDeps {
  readonly modelsDir: string;
  /** At most a second, so that a promotion serves within a second. */
  readonly pollMs: number;
  readonly readVersion: ReadVersion;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Follows `current`: a poll reads the link only, and what it points to when it moved. */
export const openModels = (deps: ModelsDeps): Models => {
  const follower = createFollower(deps);
  follower.look();
  const timer = setInterval(follower.look, deps.pollMs);
  timer.unref();
  const { snapshot, problem, look } = follower;
  return { snapshot, problem, reload: look, stop: () => clearInterval(timer) };
};

const createFollower = ({ modelsDir, readVersion, metrics, log }: ModelsDeps) => {
  const link = linkPath(modelsDir);
  let seen: string | undefined;
  let snapshot: Snapshot | undefined;
  let problem: ModelProblem | undefined;

  const accept = (versionId: string, loaded: StoredVersion) => {
    snapshot = { ...loaded, versionId, loadedAtMs: Date.now() };
    problem = undefined;
    metrics.modelInfo.reset();
    metrics.modelInfo.set({ version: versionId }, 1);
    metrics.modelRefused.set(0);
    metrics.modelReloads.inc({ outcome: 'loaded' });
    log.info({ version: versionId }, 'model loaded');
  };

  const refuse = (target: string, error: Error) => {
    const isNews = problem?.target !== target;
    problem = { target, detail: error.message };
    metrics.modelRefused.set(1);
    if (!isNews) return;
    metrics.modelReloads.inc({ outcome: 'refused' });
    log.error({ err: error, target, serving: snapshot?.versionId }, 'model refused, the old one serves on');
  };

  /** There is no link, and there was none before it could not be read: nothing is refused any more. */
  const forgetUnreadable = () => {
    if (problem?.target !== link) return;
    problem = undefined;
    metrics.modelRefused.set(0);
  };

  const look = () => {
    let target: string | undefined;
    try {
      target = readCurrentLink(modelsDir);
      if (target === undefined) return forgetUnreadable();
      // A refused target is tried again, because its files may have been repaired under the same name.
      if (target === seen && !problem) return;
      // The link is resolved once; the files are read by the version's name, whatever the link does next.
      const versionId = readCurrent(modelsDir);
      if (versionId === undefined) throw new Error(`current points to ${target}, which does not exist`);
      accept(versionId, readVersion(versionId));
      seen = target;
    } catch (error) {
      refuse(target ?? link, error as Error);
    }
  };
  return { look, snapshot: () => snapshot, problem: () => problem };
};
