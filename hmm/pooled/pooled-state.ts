import type { HmmParameters } from '../model.ts';
import type { OnlineConfig } from '../online/config.ts';
import type { OnlineState, StoredStatistics } from '../online/state.ts';

/** How the pool goes on learning; fixed at genesis. */
export interface PooledConfig {
  /**
   * A round is a block of time. λ counts bars of time and not rows: `effectiveBars` of every series weigh in.
   */
  readonly online: OnlineConfig;
  /** A series that is behind the newest one by more than so many bars is not waited for. */
  readonly timeoutBars: number;
}

/** What the pool knows of one series. Bars are integers, open time / timeframe. */
export interface PooledSeries {
  readonly name: string;
  /** The last bar that a round absorbed, and P(state then | the series up to it). [K] */
  readonly lastBar: number;
  readonly filter: readonly number[];
  /** The watermark: bars up to it were delivered, or come too late. */
  readonly delivered: number;
  /** Delivered and not absorbed: they wait for their round. Ascending; rows [bars·D], scaled. */
  readonly bars: readonly number[];
  readonly rows: readonly number[];
}

/**
 * One model that learns from several series: shared parameters and statistics, a filter and a buffer for each. Plain
 * JSON, the same bits after `JSON.parse(JSON.stringify(state))`.
 */
export interface PooledState {
  readonly schema: 'autotrain-pooled/1';
  readonly config: PooledConfig;
  /** Rounds are counted from here: round r holds the bars [firstBar + r·blockLength, firstBar + (r+1)·blockLength). */
  readonly firstBar: number;
  /** The next round: all before it are closed for good. */
  readonly round: number;
  /** Bars learned from since genesis, over all series. */
  readonly absorbed: number;
  /** Ridges and raised variances of all M-steps since genesis. */
  readonly repairs: number;
  readonly floored: number;
  readonly model: HmmParameters;
  readonly statistics: StoredStatistics;
  /** What the prior is centred on, from genesis. */
  readonly ground: OnlineState['ground'];
  /** By name, ascending: the order in which a round takes them. */
  readonly series: readonly PooledSeries[];
}
