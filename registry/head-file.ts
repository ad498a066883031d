import type { StateLabels } from '../hmm/labels/state-labels.ts';
import type { OnlineState } from '../hmm/online/state.ts';
import type { OpenTimeRange, Scaler } from './model-file.ts';

/**
 * The types of `heads.json`: the state that strict training goes on from, one for each series that the version trained.
 */
export interface HeadsFile {
  readonly schema: 'autotrain-heads/1';
  /** By series key, keys ascending. */
  readonly series: Readonly<Record<string, SeriesHead>>;
}

export interface SeriesHead {
  readonly head: LineageHead;
  /** Against the champion; absent while there is none. */
  readonly comparison?: ChampionComparison;
}

/**
 * All that a lineage knows: plain JSON, the same bytes for the same candles however they were cut into files and
 * retrains. What depends on which version was promoted when is kept apart, in the comparison.
 */
export interface LineageHead {
  readonly schema: 'autotrain-head/1';
  readonly lineage: string;
  /** The series' key. */
  readonly series: string;
  readonly featureSet: 'candles-4/1';
  readonly timeframeMs: number;
  readonly scaler: Scaler;
  /** Names of the states in the order of the matrices. */
  readonly regimes: readonly string[];
  /** As they were given at genesis: a lineage's states stay the same ones. */
  readonly labels?: StateLabels;
  /** Complete feature rows of the batch fit. */
  readonly genesisRows: number;
  readonly online: OnlineState;
  /** MODEL_SCOPE=pooled: the model and statistics of `online` are shared by all members. */
  readonly pool?: PoolMembership;
  /** The newest candles, raw: what the features of the next ones look back to. */
  readonly tail: CandleTail;
  /** Runs of consecutive candles that the lineage was trained on; ascending, disjoint. */
  readonly trainedRanges: readonly OpenTimeRange[];
  /** Every candle that was scored before it was learned from, since the batch fit; the sum in nats, unscaled features. */
  readonly prequential: ScoreSum | null;
}

/** What a lineage knows of the pool that it belongs to; see hmm/pooled/pooled-state.ts. */
export interface PoolMembership {
  /** Keys of its series, ascending: fixed at genesis. */
  readonly members: readonly string[];
  readonly timeoutBars: number;
  /** The next round: those before it are closed. */
  readonly round: number;
  /** The last bar of this series that was delivered; those after `online.lastBar` wait for their round. */
  readonly delivered: number;
}

/** By column, ascending open times, equal lengths. */
export interface CandleTail {
  readonly openTimeMs: readonly number[];
  readonly open: readonly number[];
  readonly high: readonly number[];
  readonly low: readonly number[];
  readonly close: readonly number[];
  readonly volume: readonly number[];
}

/** Open times of the first and the last candle that was scored. */
export interface ScoreSum extends OpenTimeRange {
  readonly candles: number;
  readonly sum: number;
}

/** Head and champion on the same candles, all later than what the champion was trained on; nats, unscaled features. */
export interface ChampionComparison {
  /** sha256 of the champion's parameters and scaler: another model begins another comparison. */
  readonly championHash: string;
  /** The frozen champion's filter at `lastMs`. [K of the champion] */
  readonly filter: readonly number[];
  readonly lastMs: number;
  readonly fromMs: number | null;
  readonly candles: number;
  readonly headSum: number;
  readonly championSum: number;
  /** Candles per block: it doubles when there are too many blocks. */
  readonly blockLength: number;
  /** Sums of head − champion over complete blocks, in order of time. */
  readonly blocks: readonly number[];
  /** The block that is not complete. */
  readonly open: { readonly candles: number; readonly sum: number };
}
