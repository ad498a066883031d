import type { HmmParameters } from '../model.ts';
import type { Statistics } from '../statistics.ts';
import type { OnlineConfig } from './config.ts';

/** The fields of `Statistics` as JSON holds them. */
export type StoredStatistics = { readonly [Name in keyof Statistics]: readonly number[] };

/** Bars of a block that is not complete: scored, but not learned from. */
export interface PendingBlock {
  /** Filter that the block starts from, at bar `beforeBar`; null: the block starts a sequence. [K] */
  readonly before: readonly number[] | null;
  readonly beforeBar: number;
  readonly bars: readonly number[];
  /** [bars·D], scaled. */
  readonly rows: readonly number[];
}

/**
 * All that online learning knows: plain JSON, the same bits after `JSON.parse(JSON.stringify(state))`.
 * K states, D features; bars are integers, open time / timeframe.
 */
export interface OnlineState {
  readonly schema: 'autotrain-online/1';
  readonly config: OnlineConfig;
  readonly configHash: string;
  /** Blocks are counted from here. */
  readonly firstBar: number;
  /** The watermark: bars up to it are no-ops. */
  readonly lastBar: number;
  /** Bars scored since genesis, those of the pending block included. */
  readonly absorbed: number;
  /** Blocks learned from since genesis. */
  readonly blocks: number;
  /** Ridges and raised variances of all M-steps since genesis. */
  readonly repairs: number;
  readonly floored: number;
  readonly model: HmmParameters;
  /** P(state at `lastBar` | bars up to it). [K] */
  readonly filter: readonly number[];
  readonly pending: PendingBlock;
  readonly statistics: StoredStatistics;
  /** What the prior is centred on, from genesis: mean [D] and covariance [D·D] of its rows. */
  readonly ground: { readonly centre: readonly number[]; readonly pooled: readonly number[] };
}
