import { HmmError } from '../hmm-error.ts';
import { plain } from '../online/learner.ts';
import type { Genesis } from '../online/online.ts';
import { startOnline } from '../online/online.ts';
import { learnRound, type RoundScores, roundEnd } from './learn-round.ts';
import type { PooledConfig, PooledSeries, PooledState } from './pooled-state.ts';

export interface PooledGenesis extends Omit<Genesis, 'config' | 'bar' | 'filter'> {
  readonly config: PooledConfig;
  /** Of each series: its last bar of genesis and P(state then | genesis). [K] */
  readonly series: Readonly<Record<string, { readonly bar: number; readonly filter: ArrayLike<number> }>>;
}

/** New bars of one series: ascending integers [n] and their scaled, complete rows [n·D]. */
export interface Delivery {
  readonly bars: Float64Array;
  readonly rows: Float64Array;
  /** The series is known up to this bar, though its last bars may have no complete row. Default: the last of `bars`. */
  readonly upTo?: number;
}

export interface AbsorbedRound {
  readonly round: number;
  readonly scores: Readonly<Record<string, RoundScores>>;
  /** Series that the round did not wait for any longer. */
  readonly missing: readonly string[];
}

export interface Delivered {
  readonly state: PooledState;
  /** The rounds that these deliveries closed, in order. */
  readonly rounds: readonly AbsorbedRound[];
  /** By series: bars up to its watermark, which change nothing. */
  readonly skipped: Readonly<Record<string, number>>;
  /** By series: bars whose round was closed without them (`skipped_late`). They are never learned from. */
  readonly late: Readonly<Record<string, readonly number[]>>;
}

/** The pool after genesis; rounds are counted from `firstBar`. Throws `InvalidModel` or `InvalidData`. */
export const startPooled = ({ config, series, firstBar, ...genesis }: PooledGenesis): PooledState => {
  const names = Object.keys(series).sort();
  const bars = names.map((name) => series[name]!.bar);
  if (names.length === 0) throw new HmmError('InvalidData', 'a pool needs a series');
  if (!Number.isSafeInteger(config.timeoutBars) || config.timeoutBars < 0)
    throw new HmmError('InvalidData', `a time-out of ${config.timeoutBars} bars`);
  const filter = Float64Array.from(series[names[0]!]!.filter);
  const one = startOnline({ ...genesis, config: config.online, firstBar, bar: Math.max(...bars), filter });
  const { absorbed, repairs, floored, model, statistics, ground } = one;
  return {
    schema: 'autotrain-pooled/1',
    ...{ config, firstBar, absorbed, repairs, floored, model, statistics, ground },
    round: Math.floor((Math.min(...bars) + 1 - firstBar) / config.online.blockLength),
    series: names.map((name) => startSeries(name, series[name]!)),
  };
};

const startSeries = (
  name: string,
  { bar, filter }: { readonly bar: number; readonly filter: ArrayLike<number> },
): PooledSeries => ({
  ...{ name, lastBar: bar, filter: plain(filter), delivered: bar, bars: [], rows: [] },
});

/**
 * Takes new bars in and absorbs every round that is due, in (round, series) order. A round is due when each series has
 * delivered beyond its end, or is behind the newest bar by more than `timeoutBars`: then the round is absorbed with what
 * there is of it, and what comes of it later is `late`. Time is event time, never the clock's.
 *
 * So as long as no series falls back by more than the time-out, the state does not depend on the order of arrival, nor
 * on how bars are cut into deliveries. Series of one call arrive together. Throws `InvalidData`, `MissingValues` or
 * `ImpossibleRow`; `state` is never changed.
 */
export const deliver = (state: PooledState, deliveries: Readonly<Record<string, Delivery>>): Delivered => {
  const known = new Set(state.series.map(({ name }) => name));
  for (const name of Object.keys(deliveries))
    if (!known.has(name)) throw new HmmError('InvalidData', `${name} is not in the pool`);
  const closedUpTo = roundEnd(state, state.round - 1);
  const inboxes = state.series.map((series) => putIn(series, deliveries[series.name], closedUpTo, state));
  const { state: next, rounds } = absorbDue({ ...state, series: inboxes.map(({ series }) => series) });
  return {
    state: next,
    rounds,
    skipped: Object.fromEntries(inboxes.map(({ series, skipped }) => [series.name, skipped])),
    late: Object.fromEntries(inboxes.map(({ series, late }) => [series.name, late])),
  };
};

interface Inbox {
  readonly series: PooledSeries;
  readonly skipped: number;
  readonly late: readonly number[];
}

const putIn = (
  series: PooledSeries,
  delivery: Delivery | undefined,
  closedUpTo: number,
  state: PooledState,
): Inbox => {
  if (!delivery) return { series, skipped: 0, late: [] };
  const D = state.ground.centre.length;
  check(series.name, delivery, D);
  const bars = [...series.bars];
  const rows = [...series.rows];
  const late: number[] = [];
  let skipped = 0;
  let { delivered } = series;
  delivery.bars.forEach((bar, t) => {
    if (bar <= delivered) {
      skipped++;
      return;
    }
    delivered = bar;
    if (bar <= closedUpTo) late.push(bar);
    else {
      bars.push(bar);
      for (let d = t * D; d < (t + 1) * D; d++) rows.push(delivery.rows[d]! + 0);
    }
  });
  delivered = Math.max(delivered, delivery.upTo ?? delivered);
  return { series: { ...series, delivered, bars, rows }, skipped, late };
};

const check = (name: string, { bars, rows }: Delivery, D: number): void => {
  if (rows.length !== bars.length * D)
    throw new HmmError(
      'InvalidData',
      `${name}: ${rows.length} numbers are not ${bars.length} rows of ${D} features`,
    );
  if (!bars.every(Number.isSafeInteger))
    throw new HmmError('InvalidData', `${name}: a bar index is not an integer`);
  if (rows.some(Number.isNaN)) throw new HmmError('MissingValues', `${name}: rows must be complete`);
  if (!rows.every(Number.isFinite)) throw new HmmError('InvalidData', `${name}: a value is infinite`);
};

const absorbDue = (start: PooledState): { state: PooledState; rounds: AbsorbedRound[] } => {
  const newest = Math.max(...start.series.map(({ delivered }) => delivered));
  const rounds: AbsorbedRound[] = [];
  let state = start;
  for (let end = roundEnd(state, state.round); newest >= end; end = roundEnd(state, state.round)) {
    const behind = state.series.filter(({ delivered }) => delivered < end);
    if (behind.some(({ delivered }) => newest - delivered <= start.config.timeoutBars)) break;
    const { state: next, scores } = learnRound(state);
    if (Object.keys(scores).length > 0)
      rounds.push({ round: state.round, scores, missing: behind.map(({ name }) => name) });
    state = next;
  }
  return { state, rounds };
};
