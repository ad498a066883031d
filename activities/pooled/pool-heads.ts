import type { OnlineState } from '../../hmm/online/state.ts';
import { roundEnd } from '../../hmm/pooled/learn-round.ts';
import type { PooledSeries, PooledState } from '../../hmm/pooled/pooled-state.ts';
import type { LineageHead, PoolMembership } from '../../registry/head-file.ts';

/** A head that belongs to a pool. */
export type PooledHead = LineageHead & { readonly pool: PoolMembership };

export const isPooled = (head: LineageHead): head is PooledHead => head.pool !== undefined;

/** What keeps heads from being one pool, in words; undefined: they are one. */
export const whyNoPool = (heads: readonly LineageHead[]): string | undefined => {
  const alone = heads.find((head) => !isPooled(head));
  if (alone) return `${alone.lineage} was begun with MODEL_SCOPE=series`;
  const pooled = heads.filter(isPooled);
  const [first] = pooled;
  const here = JSON.stringify(pooled.map(({ series }) => series).sort());
  const stranger = pooled.find(({ pool }) => JSON.stringify(pool.members) !== here);
  if (stranger) return `${stranger.lineage} belongs to a pool of ${stranger.pool.members.join(', ')}`;
  const other = pooled.find((head) => sharedOf(head) !== sharedOf(first!));
  return other && `${other.lineage} and ${first!.lineage} are not at the same state of their pool`;
};

/** What every member holds the same. */
const sharedOf = ({ online, pool }: PooledHead): string =>
  JSON.stringify([pool.round, pool.timeoutBars, online.configHash, online.model, online.statistics]);

/** The pool that the heads are of; shared parts are taken from the first. */
export const poolOfHeads = (heads: readonly PooledHead[]): PooledState => {
  const { online, pool } = heads[0]!;
  const { config, firstBar, absorbed, repairs, floored, model, statistics, ground } = online;
  return {
    schema: 'autotrain-pooled/1',
    config: { online: config, timeoutBars: pool.timeoutBars },
    ...{ firstBar, absorbed, repairs, floored, model, statistics, ground },
    round: pool.round,
    series: heads.map(seriesOfHead).sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
};

const seriesOfHead = ({ series, online, pool }: PooledHead): PooledSeries => ({
  ...{ name: series, lastBar: online.lastBar, filter: online.filter, delivered: pool.delivered },
  ...{ bars: online.pending.bars, rows: online.pending.rows },
});

/** The part of a pool that the head of one series holds. */
export const partOf = (
  state: PooledState,
  { lastBar, filter, delivered, bars, rows }: PooledSeries,
  configHash: string,
): { online: OnlineState; pool: PoolMembership } => {
  const { config, firstBar, absorbed, repairs, floored, model, statistics, ground, round } = state;
  return {
    online: {
      schema: 'autotrain-online/1',
      ...{ config: config.online, configHash, firstBar, lastBar, absorbed, blocks: round, repairs, floored },
      ...{ model, filter, pending: { before: null, beforeBar: lastBar, bars, rows }, statistics, ground },
    },
    pool: {
      members: state.series.map((one) => one.name),
      ...{ timeoutBars: config.timeoutBars, round, delivered },
    },
  };
};

/** Open time of the last bar whose round is closed: what comes up to it is never learned from. */
export const closedMs = (heads: readonly PooledHead[]): number => {
  const state = poolOfHeads(heads);
  return roundEnd(state, state.round - 1) * heads[0]!.timeframeMs;
};
