import type { StrategySchemas } from '../strategy_schemas/load.ts';
import { createCompact } from './compaction/compact.ts';
import { createDailySums } from './compaction/read.ts';
import { openStore, type Syncs } from './database.ts';
import { createDecide } from './decide.ts';
import { createEvaluation } from './evaluation.ts';
import { createAudit, createRotateAudit, createVerifyAudit } from './guardrails/audit.ts';
import { createReportEquity } from './guardrails/equity.ts';
import {
  createKill,
  createOpenWindow,
  createResume,
  createStanding,
  createUnlock,
} from './guardrails/switches.ts';
import { createLearn } from './learn.ts';
import { createPin, createRetire, createVoid } from './lifecycle.ts';
import { createOverview, createScopes } from './overview.ts';
import { createClosePosition } from './positions.ts';
import { createPresets, createRegister } from './presets.ts';
import { createDecision, createDecisions, createOutcomes, createSummary } from './records.ts';
import { createReverse } from './reverse.ts';
import { createRecordSchemas, editionsOf } from './served-schemas.ts';
import type { Settings } from './settings.ts';
import { createVerify } from './verify.ts';

/** Where the controller keeps its store, and how it decides. */
export interface ControllerOptions {
  /** SQLite file (PC_DB); several processes may have it open. */
  readonly path: string;
  readonly domain?: string;
  readonly schemas: StrategySchemas;
  /** With the decision id, decides each draw. */
  readonly seed: number;
  /** Share of uniform draws, 0..1. */
  readonly epsilon: number;
  /** λ > 0, the prior precision of each arm. */
  readonly l2: number;
  /** Active presets per strategy and instrument. */
  readonly maxPresets: number;
  readonly decisionTtlMs: number;
  /** How long after a decision, or the close of a position that holds it, its outcomes are learned; 7 days by default. */
  readonly outcomeTtlMs?: number;
  /** Epoch ms; the machine's by default. */
  readonly clock?: () => number;
  /** Whether a commit waits for the disk, or `sync` is called before anything is answered. */
  readonly syncs?: Syncs;
}

const sevenDaysMs = 7 * 86_400_000;

const settingsOf = ({ outcomeTtlMs, clock, ...options }: ControllerOptions): Settings => ({
  ...options,
  outcomeTtlMs: outcomeTtlMs ?? sevenDaysMs,
  clock: clock ?? Date.now,
});

/**
 * Opens the parameter controller. All methods are synchronous; what they answer is on disk before they return, unless it
 * was opened with `syncs: 'later'`: then after the next `sync`.
 * They throw ControllerError (its `code` says why, and nothing is stored then), or SQLite's error when the store fails.
 */
export const openController = (options: ControllerOptions) => {
  const { path, domain = 'production', syncs = 'at commit' } = options;
  const store = openStore({ path, domain, syncs });
  const settings = settingsOf(options);
  const recordSchemas = createRecordSchemas(store, settings);
  recordSchemas(editionsOf(settings.schemas));
  return {
    register: createRegister(store, settings),
    retire: createRetire(store, settings),
    pin: createPin(store, settings),
    decide: createDecide(store, settings),
    voidDecision: createVoid(store, settings),
    learn: createLearn(store, settings),
    reverse: createReverse(store, settings),
    closePosition: createClosePosition(store, settings.clock),
    reportEquity: createReportEquity(store, settings),
    kill: createKill(store, settings),
    resume: createResume(store, settings),
    unlock: createUnlock(store, settings),
    openWindow: createOpenWindow(store, settings),
    standing: createStanding(store, settings),
    audit: createAudit(store),
    compact: createCompact(store, settings),
    dailySums: createDailySums(store),
    rotateAudit: createRotateAudit(store, settings.clock),
    verifyAudit: createVerifyAudit(store),
    evaluation: createEvaluation(store, settings),
    presets: createPresets(store, settings),
    scopes: createScopes(store),
    overview: createOverview(store, settings),
    decision: createDecision(store, settings),
    decisions: createDecisions(store, settings),
    outcomes: createOutcomes(store),
    summary: createSummary(store),
    verify: createVerify(store, settings),
    recordSchemas,
    /** From the next request on; scopes whose schema changed follow it then. `recordSchemas` puts it in the audit log. */
    useSchemas: (schemas: StrategySchemas): void => {
      settings.schemas = schemas;
    },
    /** Group commit: see Store. */
    batch: store.batch,
    sync: store.sync,
    close: store.close,
  };
};

export type Controller = ReturnType<typeof openController>;
