import { createHash } from 'node:crypto';
import { type Client, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Ledger } from '../ledger/open.ts';
import {
  auditId,
  ingestId,
  janitorId,
  retrainId,
  snapshotId,
  taskQueues,
  watchId,
} from '../workflows/ids.ts';
import { retrainArguments } from '../workflows/retrain-arguments.ts';
import type { TickRequest } from '../workflows/types.ts';
import { backNote, isOurPause, pauseGone } from './gone.ts';

export interface ScheduleSettings {
  readonly series: readonly string[];
  /** Series that the ledger knows and that are no longer configured: their ingest is paused. */
  readonly gone?: readonly string[];
  readonly ingestCron: string;
  readonly retrainCron: string;
  /** Absent: none is taken by itself. */
  readonly snapshotCron?: string;
  readonly janitorEveryMs: number;
  readonly watchEveryMs: number;
  readonly auditCron: string;
}

interface Wanted {
  readonly id: string;
  readonly taskQueue: string;
  readonly spec: { cronExpressions?: string[]; intervals?: { every: number }[] };
  readonly catchupWindowMs: number;
  readonly tick: TickRequest;
}

export type ScheduleChange = 'created' | 'updated' | 'unchanged' | 'paused' | 'resumed';

/** What shall run by itself. Each schedule starts a tick, which starts or leaves alone the run with the fixed id. */
export const wantedSchedules = (settings: ScheduleSettings): Wanted[] => [
  ...settings.series.map((series) => ({
    id: `schedule-${ingestId(series)}`,
    taskQueue: taskQueues.ingest,
    spec: { cronExpressions: [settings.ingestCron] },
    catchupWindowMs: 60_000,
    tick: {
      workflow: 'ingest',
      workflowId: ingestId(series),
      args: [{ series, until: 'now' }],
      summary: `Store new candles of ${series}`,
    } as const,
  })),
  {
    id: `schedule-${retrainId}`,
    taskQueue: taskQueues.train,
    spec: { cronExpressions: [settings.retrainCron] },
    catchupWindowMs: 3_600_000,
    tick: {
      workflow: 'retrain',
      workflowId: retrainId,
      args: [{}],
      summary: 'Scheduled retrain',
      memo: { arguments: retrainArguments({}) },
    },
  },
  ...snapshotSchedule(settings),
  {
    id: `schedule-${janitorId}`,
    taskQueue: taskQueues.train,
    spec: { intervals: [{ every: settings.janitorEveryMs }] },
    catchupWindowMs: 60_000,
    tick: { workflow: 'janitor', workflowId: janitorId, args: [], summary: 'Give back what dead runs hold' },
  },
  {
    id: `schedule-${watchId}`,
    taskQueue: taskQueues.train,
    spec: { intervals: [{ every: settings.watchEveryMs }] },
    catchupWindowMs: 60_000,
    tick: {
      workflow: 'watch',
      workflowId: watchId,
      args: [],
      summary: 'Look after promotions, health and alerts',
    },
  },
  {
    id: `schedule-${auditId}`,
    taskQueue: taskQueues.ingest,
    spec: { cronExpressions: [settings.auditCron] },
    catchupWindowMs: 12 * 3_600_000,
    tick: {
      workflow: 'audit',
      workflowId: auditId,
      args: [{ series: settings.series }],
      summary: 'Compare sampled older candles with the exchange',
    },
  },
];

const snapshotSchedule = ({ snapshotCron }: ScheduleSettings): Wanted[] =>
  snapshotCron === undefined
    ? []
    : [
        {
          id: `schedule-${snapshotId}`,
          taskQueue: taskQueues.train,
          spec: { cronExpressions: [snapshotCron] },
          catchupWindowMs: 43_200_000,
          tick: { workflow: 'snapshot', workflowId: snapshotId, args: [], summary: 'Back up the state' },
        },
      ];

/** By id, the hash of the settings that a schedule was brought in line with. */
type Applied = Readonly<Record<string, string>>;

export type AppliedStore = Pick<Ledger, 'reading' | 'recordReading'>;

const appliedBefore = (ledger: AppliedStore): Applied =>
  (ledger.reading('schedules_applied')?.detail ?? {}) as Applied;

const note = (ledger: AppliedStore, before: Applied, now: Applied): void => {
  const all = { ...before, ...now };
  if (Object.entries(now).some(([id, hash]) => before[id] !== hash))
    ledger.recordReading('schedules_applied', Object.keys(all).length, all);
};

/**
 * Brings the schedules in line with the settings. One that an operator edited or paused stays as it is until the
 * settings behind it change: their hash travels in the action's memo, and stands in the ledger for when an edit took the
 * memo away, as `temporal schedule update` does.
 */
export const applySchedules = async (
  client: Client,
  ledger: AppliedStore,
  settings: ScheduleSettings,
): Promise<Record<string, ScheduleChange>> => {
  const changes: Record<string, ScheduleChange> = {};
  const before = appliedBefore(ledger);
  const wanted = wantedSchedules(settings);
  for (const one of wanted) changes[one.id] = await applyOne(client, one, before[one.id]);
  note(ledger, before, Object.fromEntries(wanted.map((one) => [one.id, hashOf(one)])));
  for (const id of await pauseGone(client, settings.gone ?? [])) changes[id] = 'paused';
  return changes;
};

const hashOf = (wanted: Wanted): string =>
  createHash('sha256').update(JSON.stringify(wanted)).digest('hex').slice(0, 16);

const applyOne = async (
  client: Client,
  wanted: Wanted,
  before: string | undefined,
): Promise<ScheduleChange> => {
  const settingsHash = hashOf(wanted);
  const handle = client.schedule.getHandle(wanted.id);
  try {
    const { action, state } = await handle.describe();
    const isBack = isOurPause(state);
    if (isBack) await handle.unpause(backNote);
    if ((action.memo?.['settingsHash'] ?? before) === settingsHash) return isBack ? 'resumed' : 'unchanged';
    await handle.update(({ policies, state }) => ({
      spec: wanted.spec,
      action: actionOf(wanted, settingsHash),
      policies,
      state,
    }));
    return isBack ? 'resumed' : 'updated';
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    await create(client, wanted, settingsHash);
    return 'created';
  }
};

const create = async (client: Client, wanted: Wanted, settingsHash: string): Promise<void> => {
  await client.schedule.create({
    scheduleId: wanted.id,
    spec: wanted.spec,
    action: actionOf(wanted, settingsHash),
    // One year is the server's default window: a laptop that slept would run every tick that it missed.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: wanted.catchupWindowMs },
  });
};

const actionOf = ({ id, taskQueue, tick }: Wanted, settingsHash: string) =>
  ({
    type: 'startWorkflow',
    workflowType: 'tick',
    workflowId: `tick-${id}`,
    taskQueue,
    args: [tick],
    memo: { settingsHash },
    staticSummary: tick.summary,
  }) as const;

/** What an operator asks first: which schedules there are, whether they are paused, when they run next. */
export const listSchedules = async (client: Client) => {
  const found: { id: string; paused: boolean; note: string | undefined; nextMs: number | null }[] = [];
  for await (const { scheduleId, state, info } of client.schedule.list()) {
    const nextMs = info?.nextActionTimes[0]?.getTime() ?? null;
    found.push({ id: scheduleId, paused: state?.paused ?? false, note: state?.note, nextMs });
  }
  return found;
};
