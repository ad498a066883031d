import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { addProcessMetrics } from '../../health/process-metrics.ts';

/** From a claim of milliseconds to a training of hours. */
const longBuckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1_200, 3_600, 14_400];

/** What a worker tells of its work; what the server and the queues are like, the SDK's own metrics say. */
export const createWorkerMetrics = ({ processMetrics = false } = {}) => {
  const registry = new Registry();
  const registers = [registry];
  if (processMetrics) addProcessMetrics(registry);
  return {
    registry,
    info: new Gauge({
      name: 'autotrain_worker_info',
      help: '1 for a worker that runs, by the version of its code and its roles.',
      labelNames: ['version', 'roles'] as const,
      registers,
    }),
    activitySeconds: new Histogram({
      name: 'autotrain_activity_duration_seconds',
      help: 'Time of an attempt of an activity, by how it ended: completed, failed or cancelled.',
      labelNames: ['activity', 'outcome'] as const,
      buckets: longBuckets,
      registers,
    }),
    stageSeconds: new Histogram({
      name: 'autotrain_retrain_stage_duration_seconds',
      help: 'Time of a stage of a retrain that completed: claim, train (of one series or pool), commit, promote, archive.',
      labelNames: ['stage'] as const,
      buckets: longBuckets,
      registers,
    }),
    phaseSeconds: new Histogram({
      name: 'autotrain_training_phase_duration_seconds',
      help: 'Time of a phase of one training, such as fit, score, refit, evaluate.',
      labelNames: ['phase'] as const,
      buckets: longBuckets,
      registers,
    }),
    trainings: new Gauge({
      name: 'autotrain_trainings_running',
      help: 'Trainings that run or wait for a thread.',
      registers,
    }),
    candles: new Counter({
      name: 'autotrain_ingested_candles_total',
      help: 'Closed candles stored by this worker, by series.',
      labelNames: ['series'] as const,
      registers,
    }),
    sdkUp: new Gauge({
      name: 'autotrain_temporal_sdk_metrics_up',
      help: "1 when the metrics of Temporal's SDK are part of this answer.",
      registers,
    }),
  };
};

export type WorkerMetrics = ReturnType<typeof createWorkerMetrics>;
