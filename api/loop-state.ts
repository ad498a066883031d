import { type DiskSpace, diskSpace } from '../health/disk.ts';
import { servingFolders } from '../health/folders.ts';
import type { HealthLimits } from '../health/limits.ts';
import { type LoopView, viewLoop } from '../health/loop-view.ts';
import { loopKinds, loopProblems } from '../health/problems.ts';
import type { NewAlert, Severity } from '../ledger/alerts.ts';
import { alertKinds } from '../ledger/alerts.ts';
import { heldUntilMs } from '../ledger/promotion-hold.ts';
import { describeKill, trainingLoop } from '../ledger/training-kills.ts';
import type { GatewaySettings, LedgerReader } from './ports.ts';

export interface Problem {
  readonly kind: string;
  readonly severity: Severity;
  readonly subject: string;
  readonly message: string;
  readonly detail?: unknown;
}

/** The watch runs once a minute. */
export const silentAfterMs = 5 * 60_000;

const quarantineIsNewsMs = 24 * 3_600_000;

export interface LoopStateDeps {
  readonly ledger: LedgerReader;
  readonly settings: GatewaySettings;
  readonly startedAtMs?: number;
  readonly now?: () => number;
}

/** What the gateway knows of the loop's health, read when it is asked for. */
export interface LoopState {
  readonly view: () => LoopView;
  readonly problems: () => Problem[];
  /** When the watch looked last, or when this gateway began to wait for it. */
  readonly watchedAtMs: () => number;
  readonly training: () => TrainingState;
}

export interface TrainingState {
  readonly state: 'ACTIVE' | 'KILLED';
  readonly since_ms: number | null;
  readonly actor: string | null;
  readonly reason: string | null;
  /** null: until a person resumes it, or nothing is killed. */
  readonly pinned_version: string | null;
  /** After a rollback of the watch nothing is promoted by itself until then. */
  readonly promotions_held_until_ms: number | null;
}

export const createLoopState = (deps: LoopStateDeps): LoopState => {
  const { ledger, settings, now = Date.now, startedAtMs = now() } = deps;
  const { series, simulator } = settings;
  const isReplay = simulator.replayDir !== undefined;
  const disks = () => watchedDisks(ledger, now()) ?? diskSpace(servingFolders(settings));
  const view = () => viewLoop({ ledger, series, disks: disks(), isReplay, now });
  const watchedAtMs = () => Math.max(startedAtMs, ledger.reading('watched')?.updatedAt ?? 0);
  return {
    view,
    watchedAtMs,
    problems: () => [
      ...allProblems(ledger, view(), settings.health, now()).map(asProblem),
      ...silence(watchedAtMs(), now()).map(asProblem),
    ],
    training: () => trainingState(ledger, settings, now()),
  };
};

/** As the watch found them: a share that hangs is its to wait for, not that of what serves. */
const watchedDisks = (ledger: LedgerReader, nowMs: number): readonly DiskSpace[] | undefined => {
  const found = ledger.reading('disks');
  if (!found || nowMs - found.updatedAt > silentAfterMs) return undefined;
  return found.detail as readonly DiskSpace[];
};

const asProblem = ({ kind, subject, message, detail }: NewAlert): Problem => ({
  ...{ kind, severity: alertKinds[kind].severity, subject, message },
  ...(detail === undefined ? {} : { detail }),
});

const allProblems = (
  ledger: LedgerReader,
  view: LoopView,
  limits: HealthLimits,
  nowMs: number,
): NewAlert[] => {
  const kill = ledger.trainingKill();
  return [
    ...loopProblems(view, limits),
    ...(kill ? [{ kind: 'kill', subject: trainingLoop, message: describeKill(kill) } as const] : []),
    ...metByOthers(ledger),
    ...newestOfEach(ledger.alertsSince('quarantine', nowMs - quarantineIsNewsMs)),
  ];
};

/** What the loop does not look for by itself: an ingest met it, an archiver, another watch, and wrote it into the ledger. */
const metByOthers = (ledger: LedgerReader): readonly NewAlert[] => {
  const looked: readonly string[] = loopKinds;
  return ledger.conditions().filter(({ kind }) => !looked.includes(kind)) as readonly NewAlert[];
};

const newestOfEach = (rows: ReturnType<LedgerReader['alertsSince']>): NewAlert[] =>
  [...new Set(rows.map(({ subject }) => subject))].map((subject) => {
    const mine = rows.filter((row) => row.subject === subject);
    const files = mine.reduce((sum, { count }) => sum + count, 0);
    const message = `${files} files of ${subject} were put aside within a day; the newest: ${mine[0]!.message}`;
    return { kind: 'quarantine', subject, message, detail: { files } };
  });

export const silence = (watchedAtMs: number, nowMs: number): NewAlert[] => {
  if (nowMs - watchedAtMs <= silentAfterMs) return [];
  const minutes = Math.floor((nowMs - watchedAtMs) / 60_000);
  const message = `the watch has not run for ${minutes} minutes: look whether Temporal and the workers are there`;
  return [{ kind: 'watch_silent', subject: 'watch', message, detail: { watched_at_ms: watchedAtMs } }];
};

const trainingState = (ledger: LedgerReader, { rollback }: GatewaySettings, nowMs: number): TrainingState => {
  const kill = ledger.trainingKill();
  return {
    state: kill ? 'KILLED' : 'ACTIVE',
    since_ms: kill?.at ?? null,
    actor: kill?.actor ?? null,
    reason: kill?.reason ?? null,
    pinned_version: kill?.pinnedVersionId ?? null,
    promotions_held_until_ms: heldUntilMs(ledger.champion(), rollback.cooldownMs, nowMs) ?? null,
  };
};
