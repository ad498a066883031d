import { rowsBetween, scoreLater } from '../../backtest/rolling.ts';
import type { Hmm } from '../../hmm/model.ts';
import type { Observations } from '../../hmm/observations.ts';
import type { FeatureScaler } from '../../hmm/scaler.ts';
import {
  compare,
  decide,
  type GateCheck,
  type GateOptions,
  type GateResult,
  type PairedComparison,
} from '../../registry/gate.ts';
import { absoluteGates } from '../absolute-gates.ts';
import { scoreServed } from '../ensemble.ts';
import type { PooledMember } from './pool.ts';

/** How one series came out of the judgement of the pool. */
export interface JudgedMember {
  readonly member: PooledMember;
  /** ln p of its held-out candles, unscaled features, nats. */
  readonly scores: Float64Array;
  readonly gate: GateResult;
}

/** Scores of the same candles under candidate and champion. */
export interface Paired {
  readonly openTimeMs: Float64Array;
  readonly candidate: Float64Array;
  readonly champion: Float64Array;
}

/**
 * One gate for the pool: candidate and champions are compared on the held-out candles of all series together, later than
 * what either had seen. A series on which the candidate is surely worse than its champion refuses all the same, and so
 * keeps its champion's model.
 */
export const judgePool = (
  hmm: Hmm,
  trainingRows: Observations,
  members: readonly PooledMember[],
  gate: GateOptions,
): JudgedMember[] => {
  const scored = members.map((member) => scoreMember(hmm, member));
  const pairs = scored.flatMap(({ paired }) => (paired ? [paired] : []));
  const together = pairs.length > 0 ? comparePooled(pairs, gate) : undefined;
  return scored.map(({ member, scores, paired }) => {
    const checks = [
      ...absoluteGates(hmm, trainingRows, scores),
      ...(paired ? notSurelyWorse(compare(paired.candidate, paired.champion, gate), gate) : []),
    ];
    return { member, scores, gate: decide(checks, together, gate) };
  });
};

const scoreMember = (
  hmm: Hmm,
  member: PooledMember,
): { member: PooledMember; scores: Float64Array; paired: Paired | undefined } => {
  const { champion, scaler } = member;
  const scores = heldOutScores(hmm, scaler, member);
  if (!champion) return { member, scores, paired: undefined };
  const { features, cut } = member;
  const theirs = scoreServed(champion, rowsBetween(features, 0, features.openTimeMs.length)).subarray(cut);
  const openTimeMs = member.features.openTimeMs.subarray(member.cut);
  const isLater = (_: number, i: number): boolean => openTimeMs[i]! > champion.trainedRange.toMs;
  const paired = {
    openTimeMs: openTimeMs.filter(isLater),
    candidate: scores.filter(isLater),
    champion: theirs.filter(isLater),
  };
  return { member, scores, paired };
};

const heldOutScores = (hmm: Hmm, scaler: FeatureScaler, { features, cut }: PooledMember): Float64Array =>
  scoreLater(hmm, scaler, features, { from: 0, cut, to: features.openTimeMs.length });

/**
 * Compares per time and not per candle: candles of the same time move together and are no independent evidence. Each
 * time counts as its sum over the series, in units in which the mean over the times is the mean over all candles.
 */
export const comparePooled = (pairs: readonly Paired[], gate: GateOptions): PairedComparison => {
  const candles = pairs.reduce((sum, { openTimeMs }) => sum + openTimeMs.length, 0);
  const times = [...new Set(pairs.flatMap(({ openTimeMs }) => Array.from(openTimeMs)))].sort((a, b) => a - b);
  const at = new Map(times.map((time, i) => [time, i]));
  const candidate = new Float64Array(times.length);
  const champion = new Float64Array(times.length);
  for (const pair of pairs) {
    pair.openTimeMs.forEach((time, i) => {
      const t = at.get(time)!;
      candidate[t] = candidate[t]! + (pair.candidate[i]! * times.length) / candles;
      champion[t] = champion[t]! + (pair.champion[i]! * times.length) / candles;
    });
  }
  return compare(candidate, champion, gate);
};

const notSurelyWorse = ({ n, upper }: PairedComparison, { minCandles }: GateOptions): GateCheck[] => {
  if (n < minCandles || !Number.isFinite(upper)) return [];
  const name = "upper bound of this series' own difference, nats/candle";
  return [{ name, pass: upper >= 0, value: upper, limit: 0 }];
};
