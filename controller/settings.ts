import type { StrategySchemas } from '../strategy_schemas/load.ts';

/** What the parts of the controller share. */
export interface Settings {
  /** Another map when a schema changed. */
  schemas: StrategySchemas;
  readonly seed: number;
  readonly epsilon: number;
  /** λ: the prior precision of each arm. */
  readonly l2: number;
  readonly maxPresets: number;
  readonly decisionTtlMs: number;
  /** How long after a decision, or the close of a position that holds it, its outcomes are learned. */
  readonly outcomeTtlMs: number;
  /** Epoch ms. */
  readonly clock: () => number;
}
