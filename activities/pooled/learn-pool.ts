import { candleFeatures, completeRows, type FeatureRows } from '../../features/candle-features.ts';
import { type AbsorbedRound, type Delivery, deliver } from '../../hmm/pooled/pooled-online.ts';
import { logJacobian, scaleRows } from '../../hmm/scaler.ts';
import type { CandleColumns } from '../../ledger/candle-columns.ts';
import { addScores, type Learned } from '../strict/learn.ts';
import { appendRanges, runsOf } from '../strict/ranges.ts';
import { behindTail, tailOf } from '../strict/tail.ts';
import { type PooledHead, partOf, poolOfHeads } from './pool-heads.ts';

interface Member {
  readonly head: PooledHead;
  /** New candles, all later than what the pool has closed; none is allowed. */
  readonly columns: CandleColumns;
  readonly known: CandleColumns;
  readonly features: FeatureRows;
  readonly bars: Float64Array;
}

/**
 * Test, then train, for a pool: new candles are delivered, rounds that are due are scored and learned. A candle whose
 * round is still open waits in its head; it is scored when the round is, and counts from then on.
 */
export const learnPool = (
  heads: readonly PooledHead[],
  columns: Readonly<Record<string, CandleColumns>>,
): Learned[] => {
  const members = heads.map((head) => memberOf(head, columns[head.series]!));
  const before = poolOfHeads(heads);
  const deliveries = members.map((member) => [member.head.series, deliveryOf(member)]);
  const { state, rounds } = deliver(before, Object.fromEntries(deliveries) as Record<string, Delivery>);
  return members.map((member) => {
    const { head } = member;
    const after = state.series.find(({ name }) => name === head.series)!;
    const part = partOf(state, after, head.online.configHash);
    return learned({ ...head, ...part }, member, scoresOf(rounds, head));
  });
};

const memberOf = (head: PooledHead, columns: CandleColumns): Member => {
  const known = behindTail(head.tail, columns);
  const features = completeRows(candleFeatures(known, head));
  const bars = features.openTimeMs.map((time) => Math.floor(time / head.timeframeMs));
  return { head, columns, known, features, bars };
};

const deliveryOf = ({ head, columns, features, bars }: Member): Delivery => {
  const from = bars.findIndex((bar) => bar > head.pool.delivered);
  const first = from < 0 ? bars.length : from;
  const last = columns.openTimeMs.at(-1);
  return {
    bars: bars.subarray(first),
    rows: scaleRows(head.scaler, features.rows.subarray(first * features.names.length)),
    ...(last === undefined ? {} : { upTo: Math.floor(last / head.timeframeMs) }),
  };
};

/** By bar, in unscaled features. */
const scoresOf = (rounds: readonly AbsorbedRound[], { series, scaler }: PooledHead): Map<number, number> => {
  const jacobian = logJacobian(scaler);
  const scores = new Map<number, number>();
  for (const round of rounds) {
    const { bars, logLikelihood } = round.scores[series] ?? { bars: [], logLikelihood: [] };
    bars.forEach((bar, i) => scores.set(bar, logLikelihood[i]! + jacobian));
  }
  return scores;
};

/** Rows whose round is open are left out of what is compared: they come again when it is closed. */
const learned = (head: PooledHead, member: Member, scores: ReadonlyMap<number, number>): Learned => {
  const { columns, known, features, bars } = member;
  const { timeframeMs } = head;
  const n = bars.filter((bar) => bar <= head.online.lastBar).length;
  const scored = Float64Array.from(bars.subarray(0, n), (bar) => scores.get(bar) ?? Number.NaN);
  const isNew = (_: number, i: number): boolean => !Number.isNaN(scored[i]!);
  const openTimeMs = features.openTimeMs.subarray(0, n);
  const ranges = runsOf(columns.openTimeMs, timeframeMs);
  return {
    head: {
      ...head,
      tail: tailOf(known),
      trainedRanges: appendRanges(head.trainedRanges, ranges, timeframeMs),
      prequential: addScores(head.prequential, openTimeMs.filter(isNew), scored.filter(isNew)),
    },
    scored: {
      ...{ openTimeMs, head: scored, timeframeMs },
      rows: features.rows.subarray(0, n * features.names.length),
    },
  };
};
