import { Gauge, type Registry } from 'prom-client';
import type { LoopView } from '../health/loop-view.ts';
import type { Routine } from '../health/routines.ts';
import type { LoopState } from './loop-state.ts';
import type { LedgerReader } from './ports.ts';

/** How the loop is; alert rules are written over these. */
export const loopMetrics = (registers: Registry[]) => ({
  lagCandles: new Gauge({
    name: 'autotrain_watermark_age_candles',
    help: 'Closed candles of a series that are not stored yet, by the clock of the exchange.',
    labelNames: ['series'] as const,
    registers,
  }),
  lastClaimedFiles: new Gauge({
    name: 'autotrain_last_retrain_claimed_files',
    help: 'Files that the newest retrain found to claim.',
    registers,
  }),
  emptyRuns: new Gauge({
    name: 'autotrain_empty_retrains',
    help: 'Newest retrains in a row that found nothing to claim.',
    registers,
  }),
  failedRetrains: new Gauge({
    name: 'autotrain_failed_retrains',
    help: 'Newest retrains in a row that failed.',
    registers,
  }),
  diskFreeBytes: new Gauge({
    name: 'autotrain_disk_free_bytes',
    help: 'Free space on the disk of DATA_DIR (data), of MODELS_DIR (models), and of landing, ledger, parameters, snapshots and model_archive where that is another disk.',
    labelNames: ['root'] as const,
    registers,
  }),
  routineAgeSeconds: new Gauge({
    name: 'autotrain_routine_age_seconds',
    help: 'Time since a snapshot was taken, the janitor ended, or a range was compared with the exchange (audit, of the series that waits longest).',
    labelNames: ['routine'] as const,
    registers,
  }),
  snapshotMissing: new Gauge({
    name: 'autotrain_snapshot_missing_files',
    help: 'Files that the ledger knows and the newest snapshot lacks.',
    registers,
  }),
  clockOffsetSeconds: new Gauge({
    name: 'autotrain_clock_offset_seconds',
    help: 'Clock of the exchange minus ours, as far as it is certain.',
    registers,
  }),
  problems: new Gauge({
    name: 'autotrain_problems',
    help: 'Problems that /health names, by kind.',
    labelNames: ['kind'] as const,
    registers,
  }),
  trainingKilled: new Gauge({
    name: 'autotrain_training_killed',
    help: '1 while the kill switch of the training loop holds.',
    registers,
  }),
  alertsWaiting: new Gauge({
    name: 'autotrain_alerts_waiting',
    help: 'Alerts that are to be posted.',
    registers,
  }),
  alertsGivenUp: new Gauge({
    name: 'autotrain_alerts_given_up',
    help: 'Alerts of the last 30 days that no receiver took within a day.',
    registers,
  }),
  watchAgeSeconds: new Gauge({
    name: 'autotrain_watch_age_seconds',
    help: 'Time since the watch looked at the loop, or since this gateway began to wait for it.',
    registers,
  }),
});

type LoopMetrics = ReturnType<typeof loopMetrics>;

const longestMs = ({ routines }: LoopView, routine: Routine): number =>
  Math.max(...routines.filter((one) => one.routine === routine).map(({ ageMs }) => ageMs));

/** Read when they are asked for, as the ledger's numbers are. */
export const observeLoop = (metrics: LoopMetrics, ledger: LedgerReader, loop: LoopState): void => {
  const view = loop.view();
  for (const { series, lagCandles } of view.lags)
    if (lagCandles !== undefined) metrics.lagCandles.set({ series }, lagCandles);
  metrics.lastClaimedFiles.set(view.claimedFiles ?? 0);
  metrics.emptyRuns.set(view.emptyRuns);
  metrics.failedRetrains.set(view.failedRetrains?.inARow ?? 0);
  metrics.diskFreeBytes.reset();
  for (const { name, freeBytes } of view.disks) metrics.diskFreeBytes.set({ root: name }, freeBytes);
  for (const routine of new Set(view.routines.map((one) => one.routine)))
    metrics.routineAgeSeconds.set({ routine }, longestMs(view, routine) / 1000);
  metrics.snapshotMissing.set(view.snapshotMissing);
  metrics.clockOffsetSeconds.set((view.clockOffsetMs ?? 0) / 1000);
  metrics.problems.reset();
  for (const { kind } of loop.problems()) metrics.problems.inc({ kind });
  metrics.trainingKilled.set(loop.training().state === 'KILLED' ? 1 : 0);
  const { waiting, givenUp } = ledger.alertCounts();
  metrics.alertsWaiting.set(waiting);
  metrics.alertsGivenUp.set(givenUp);
  metrics.watchAgeSeconds.set((Date.now() - loop.watchedAtMs()) / 1000);
};
