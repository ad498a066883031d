import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import type { NativeConnection, WorkerOptions, WorkflowBundleOption } from '@temporalio/worker';
import { createIngestRole, createTrainRole, type TrainRoleDeps } from '../activities/index.ts';
import type { IngestDeps } from '../activities/ingest.ts';
import { taskQueues } from '../workflows/ids.ts';

/** In dist/ the extension is .js, in source .ts: whichever this file has, its neighbour has too. */
export const workflowsPath = fileURLToPath(
  new URL(`../workflows/index.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url),
);

export interface Place {
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** One for all workers of a process. */
  readonly workflowBundle: WorkflowBundleOption;
  /** The one that the bundle was made for. */
  readonly dataConverter: DataConverter;
  /** What looks on (measures, logs, traces), and the version that these workers are. */
  readonly around?: Partial<Pick<WorkerOptions, 'interceptors' | 'sinks' | 'workerDeploymentOptions'>>;
}

/** Temporal's name for all versions of our workers together. */
const deploymentName = 'autotrain';

/** A run stays with the version that began it; a version gets new runs when it is made the current one. */
export const versioned = (buildId: string | undefined): Pick<WorkerOptions, 'workerDeploymentOptions'> =>
  buildId === undefined
    ? {}
    : {
        workerDeploymentOptions: {
          version: { deploymentName, buildId },
          useWorkerVersioning: true,
          defaultVersioningBehavior: 'PINNED',
        },
      };

const common = ({ connection, namespace, workflowBundle, dataConverter, around }: Place) =>
  ({
    connection,
    namespace,
    workflowBundle,
    dataConverter,
    ...around,
    maxCachedWorkflows: 50,
    shutdownGraceTime: '20 seconds',
    // After a crash the next task waits this long for the dead worker's queue: 10 s by default.
    stickyQueueScheduleToStartTimeout: '1 second',
    // Cancellation and lost claims are learned at heartbeats that are really sent.
    maxHeartbeatThrottleInterval: '1 second',
  }) satisfies Partial<WorkerOptions>;

export const ingestWorker = (place: Place, deps: IngestDeps): WorkerOptions => ({
  ...common(place),
  taskQueue: taskQueues.ingest,
  activities: createIngestRole(deps),
});

export const trainWorker = (place: Place, deps: TrainRoleDeps): WorkerOptions => ({
  ...common(place),
  taskQueue: taskQueues.train,
  activities: createTrainRole(deps),
});
