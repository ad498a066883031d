import type { PromotionRecord, RetrainResult } from '../workflows/types.ts';

/**
 * The long work behind the gateway: it is asked for here and runs in Temporal. `temporal/training-client.ts`
 * implements it; errors carry `type`, a failure type that `errors.ts` turns into a status.
 */
export interface Training {
  ingestOnce(request: { readonly until: 'chunk' | 'now'; readonly wait: boolean }): Promise<IngestAnswer>;
  /** Starts a retrain or joins the running one; other arguments than the running one's: type RetrainRunning. */
  train(request: TrainRequest): Promise<TrainAnswer | StartedAnswer>;
  decide(request: DecisionRequest): Promise<PromotionRecord>;
  /** The version that waits for a person; undefined: none does. */
  awaitingApproval(): Promise<string | undefined>;
  /** Pauses the retrain schedule with this note; undefined takes that pause back. */
  holdRetrain(note: string | undefined): Promise<void>;
  workflows(): Promise<readonly WorkflowSummary[]>;
  schedules(): Promise<readonly ScheduleSummary[]>;
  /** A trigger starts what is due now, unless it runs. An unknown schedule: type UnknownSchedule. */
  actOnSchedule(request: ScheduleRequest): Promise<ScheduleStanding>;
  healthy(): Promise<boolean>;
}

export interface ScheduleStanding {
  readonly id: string;
  readonly paused: boolean;
  /** Who paused or resumed it last, and why. */
  readonly note?: string | undefined;
}

export interface ScheduleSummary extends ScheduleStanding {
  readonly nextMs: number | null;
}

export interface ScheduleRequest {
  readonly id: string;
  readonly action: 'pause' | 'unpause' | 'trigger';
  readonly actor: string;
  readonly reason: string;
}

export interface TrainRequest {
  readonly nStates?: number;
  readonly tag?: string;
  readonly promote?: boolean;
  readonly wait: boolean;
}

export interface StartedAnswer {
  readonly workflow_id: string;
}

export interface TrainAnswer {
  /** "n/a" when there was nothing new to train on. */
  readonly version_id: string;
  readonly metric_name: string;
  /** nats per candle; null when nothing was trained. */
  readonly metric_value: number | null;
  readonly promoted: boolean;
  readonly message: string;
  readonly metadata: RetrainResult['metadata'];
  readonly workflow_id: string;
}

export interface IngestAnswer {
  readonly downloaded: number;
  readonly series: readonly SeriesIngest[];
  readonly workflow_ids: readonly string[];
}

export interface SeriesIngest {
  readonly series: string;
  /** Candles; where the run failed, what it had stored by then. */
  readonly downloaded: number;
  readonly watermark: number;
  /** Those that it found, the newest `mostToldGaps` of them. */
  readonly gaps: readonly { readonly fromMs: number; readonly toMs: number; readonly missing: number }[];
  readonly error?: string;
}

export interface DecisionRequest {
  readonly kind: 'promote' | 'rollback' | 'approve';
  /** The version to promote or approve, or to roll back to; without it a rollback goes to the predecessor. */
  readonly versionId?: string;
  /** Refuse (type ChampionChanged) when another version is the champion. */
  readonly expectedChampion?: string;
  readonly actor: string;
  /** The same id asks for the same decision again: it is made once. */
  readonly requestId: string;
}

export interface StepProgress {
  /** The series, or how many of them. */
  readonly what: string;
  /** Null: it waits for a thread, or reads its candles. */
  readonly phase: string | null;
  /** Of this phase; null where nobody knows how long it is. */
  readonly done: number | null;
  /** All there are; of iterations the most that may be needed. */
  readonly of: number | null;
}

export interface WorkflowSummary {
  readonly id: string;
  readonly runId: string;
  readonly type: string;
  readonly status: string;
  /** It runs all the time and did not end badly: shown after the others. */
  readonly routine: boolean;
  readonly startedAt: number;
  readonly ms: number | null;
  /** What a retrain or an ingest is at, or was at last; null where a workflow tells none. */
  readonly stage: string | null;
  /** The highest attempt of any activity: of those that a running run waits for, of all that one that is over had. Null: none, or not read yet. */
  readonly attempts: number | null;
  /** Of the trainings that run now, as their last heartbeats told. */
  readonly progress: readonly StepProgress[];
  /** In Temporal's Web UI; null where none is known. */
  readonly url: string | null;
}
