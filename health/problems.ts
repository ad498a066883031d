import type { AlertKind, NewAlert } from '../ledger/alerts.ts';
import { isFirstOfItsDisk } from './disk.ts';
import type { HealthLimits } from './limits.ts';
import type { LoopView, SeriesLag } from './loop-view.ts';

/** The kinds that `loopProblems` looks for: each lasts until it is looked for and not found. */
export const loopKinds = [
  'stale',
  'empty_runs',
  'retrain_failed',
  'disk_low',
  'clock_skew',
  'routine_overdue',
  'snapshot_incomplete',
] as const satisfies AlertKind[];

const retrain = 'retrain';

/** What is wrong with the loop. Pure, so that the watch and the gateway come to the same answer. */
export const loopProblems = (view: LoopView, limits: HealthLimits): NewAlert[] => [
  ...view.lags.flatMap((lag) => staleness(lag, limits)),
  ...emptyRuns(view, limits),
  ...failedRetrains(view),
  ...view.disks
    .filter(isFirstOfItsDisk)
    .filter(({ freeBytes }) => freeBytes < limits.diskFreeBytes)
    .map((disk) => diskLow(disk, limits)),
  ...clockSkew(view, limits),
  ...view.routines
    .filter(({ routine, ageMs }) => ageMs > limits.routineMs[routine])
    .map((late) => routineOverdue(late, limits)),
  ...snapshotIncomplete(view),
];

/** A series that catches up with years of history lags as well, but its watermark moves. */
const staleness = (
  { series, timeframeMs, lagCandles, idleMs }: SeriesLag,
  { staleCandles }: HealthLimits,
): NewAlert[] => {
  const isBehind = lagCandles === undefined || lagCandles > staleCandles;
  if (!isBehind || idleMs <= staleCandles * timeframeMs) return [];
  const what = lagCandles === undefined ? 'has no candles yet' : `is ${lagCandles} candles behind`;
  const message = `${series} ${what}, and nothing was stored for ${Math.round(idleMs / 60_000)} minutes`;
  return [
    {
      kind: 'stale',
      subject: series,
      message,
      detail: { lag_candles: lagCandles ?? null, idle_ms: idleMs, limit_candles: staleCandles },
    },
  ];
};

const emptyRuns = ({ emptyRuns: found }: LoopView, { emptyRuns: limit }: HealthLimits): NewAlert[] =>
  found < limit
    ? []
    : [
        {
          ...{ kind: 'empty_runs', subject: retrain, detail: { in_a_row: found, limit } },
          message: `${found} retrains in a row found no files to claim`,
        },
      ];

const failedRetrains = ({ failedRetrains: failed }: LoopView): NewAlert[] => {
  if (!failed) return [];
  const { inARow, type, message, workflowId, runId } = failed;
  const times = inARow === 1 ? '' : ` (${inARow} in a row)`;
  return [
    {
      ...{ kind: 'retrain_failed', subject: retrain, run: { workflowId, runId } },
      message: `the newest retrain failed${times}: ${type}: ${message}`,
      detail: { in_a_row: inARow, type, reason: message },
    },
  ];
};

const megabytes = (bytes: number): number => Math.floor(bytes / 2 ** 20);

const diskLow = (
  { root, freeBytes }: LoopView['disks'][number],
  { diskFreeBytes }: HealthLimits,
): NewAlert => ({
  ...{ kind: 'disk_low', subject: root, detail: { free_bytes: freeBytes, limit_bytes: diskFreeBytes } },
  message: `${megabytes(freeBytes)} MB are free on the disk of ${root}, the limit is ${megabytes(diskFreeBytes)} MB`,
});

const routineOverdue = (
  { routine, subject, ageMs }: LoopView['routines'][number],
  { routineMs }: HealthLimits,
): NewAlert => ({
  ...{ kind: 'routine_overdue', subject, detail: { age_ms: ageMs, limit_ms: routineMs[routine] } },
  message: `${subject} has not ended well for ${hours(ageMs)} hours, the limit is ${hours(routineMs[routine])}: look at the runs of ${routine}`,
});

const hours = (ms: number): number => Math.floor(ms / 3_600_000);

const snapshotIncomplete = ({ snapshotMissing: missing }: LoopView): NewAlert[] =>
  missing === 0
    ? []
    : [
        {
          ...{ kind: 'snapshot_incomplete', subject: 'snapshot', detail: { missing } },
          message: `the newest snapshot lacks ${missing} files that the ledger knows: its manifest.json lists them under missing`,
        },
      ];

const clockSkew = ({ clockOffsetMs: offset }: LoopView, { clockSkewMs: limit }: HealthLimits): NewAlert[] => {
  if (offset === undefined || Math.abs(offset) <= limit) return [];
  const side = offset > 0 ? 'ahead of' : 'behind';
  const message = `the clock of the exchange is ${Math.abs(offset) / 1000} s ${side} ours, the limit is ${limit / 1000} s`;
  return [
    { kind: 'clock_skew', subject: 'exchange', message, detail: { offset_ms: offset, limit_ms: limit } },
  ];
};
