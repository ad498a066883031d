import type { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Activities } from '../../activities/index.ts';
import type { WorkerMetrics } from './metrics.ts';
import { subjectOf } from './subject.ts';

export interface Observers {
  readonly metrics: WorkerMetrics;
  readonly log: Pick<Logger, 'info'>;
}

type Named<T> = Readonly<Partial<Record<keyof Activities, T>>>;

/** The stages of a retrain, as its search attribute calls them. */
const stages: Named<string> = {
  claimFiles: 'claim',
  trainSeries: 'train',
  trainPooled: 'train',
  commitVersion: 'commit',
  requestPromotion: 'promote',
  archiveProcessed: 'archive',
};

/** Steps that an operator follows; what the others did is detail, which the SDK logs. */
const steps: Named<string> = {
  claimFiles: 'files claimed',
  trainSeries: 'trained',
  trainPooled: 'trained',
  commitVersion: 'version committed',
  requestPromotion: 'promotion decided',
  movePromotion: 'champion changed',
  giveBack: 'files given back',
  takeSnapshot: 'snapshot taken',
};

const countCandles = ({ candles }: WorkerMetrics, request: unknown, result: unknown): void => {
  const { series } = subjectOf(request);
  const { downloaded } = result as { readonly downloaded: number };
  if (series !== undefined) candles.inc({ series }, downloaded);
};

/** The words of a result that fit on a line: which files, which decision and why. */
const brief = (result: unknown) => {
  const { claimedFiles, decision, reason, promoted } = (result ?? {}) as Record<string, unknown>;
  return { claimedFiles, decision, reason, promoted };
};

/** Which run, as Temporal names it. */
const runOf = ({ info }: Context) => ({
  workflowId: info.workflowExecution?.workflowId,
  runId: info.workflowExecution?.runId,
  activity: info.activityType,
  attempt: info.attempt,
});

const completed = ({ metrics, log }: Observers, context: Context, request: unknown, seconds: number) => {
  const activity = context.info.activityType as keyof Activities;
  const stage = stages[activity];
  const step = steps[activity];
  return (result: unknown): void => {
    if (stage !== undefined) metrics.stageSeconds.observe({ stage }, seconds);
    if (activity === 'ingestPage') countCandles(metrics, request, result);
    if (step === undefined) return;
    const subject = { ...subjectOf(request), ...subjectOf(result) };
    log.info({ ...runOf(context), ...subject, ...brief(result), ms: Math.round(seconds * 1_000) }, step);
  };
};

/**
 * Measures each activity and says what it did. What the SDK logs while it runs names the same series and version.
 */
export const observeActivities =
  (observers: Observers): ActivityInterceptorsFactory =>
  (context) => {
    let subject = {};
    const activity = context.info.activityType;
    const startedMs = performance.now();
    const took = () => (performance.now() - startedMs) / 1_000;
    const ended = (outcome: string) =>
      observers.metrics.activitySeconds.observe({ activity, outcome }, took());
    return {
      inbound: {
        execute: async (input, next) => {
          subject = subjectOf(input.args[0]);
          try {
            const result = await next(input);
            ended('completed');
            completed(observers, context, input.args[0], took())(result);
            return result;
          } catch (error) {
            ended(error instanceof CancelledFailure ? 'cancelled' : 'failed');
            throw error;
          }
        },
      },
      outbound: { getLogAttributes: (input, next) => ({ ...next(input), ...subject }) },
    };
  };
