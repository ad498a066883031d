import { createEStep } from '../../hmm/e-step.ts';
import { createStep } from '../../hmm/filter.ts';
import { defaultOnline } from '../../hmm/online/config.ts';
import { absorb, startOnline } from '../../hmm/online/online.ts';
import { createStatistics, featureMeans } from '../../hmm/statistics.ts';
import { type Case, createCase } from './case.ts';
import { timed } from './contestant.ts';

/** Microseconds of CPU a bar for K = 4, D = 4, the least of the rounds. */
export interface PerBar {
  /** Score and learn, over a call with all bars: reading and writing the record included. */
  readonly online: number;
  /** The causal filter alone, one call for each bar. */
  readonly step: number;
}

export const perBar = (bars: number, rounds: number): PerBar => {
  const one = createCase({ nRows: bars, nFeatures: 4, nStates: 4 }, 'full');
  const [online, step] = [onlineWork(one, bars), stepWork(one, bars)].map((work) => {
    let least = Infinity;
    for (let round = 0; round < rounds; round++) least = Math.min(least, timed(work).seconds);
    return (least / bars) * 1e6;
  });
  return { online: online!, step: step! };
};

const onlineWork = ({ data, initial }: Case, n: number): (() => number) => {
  const statistics = createStatistics(initial.nStates, featureMeans(data));
  createEStep(initial, data).run(initial, statistics);
  const genesis = { model: initial, config: defaultOnline, firstBar: 0, bar: n - 1, statistics };
  const state = startOnline({ ...genesis, filter: initial.start });
  const bars = Float64Array.from({ length: n }, (_, i) => n + i);
  return () => absorb(state, bars, data.rows).state.absorbed;
};

const stepWork = ({ data, initial }: Case, n: number): (() => number) => {
  const step = createStep(initial);
  const D = data.nFeatures;
  return () => {
    let prob: Float64Array | undefined;
    let total = 0;
    for (let t = 0; t < n; t++) {
      const next = step(prob, data.rows.subarray(t * D, (t + 1) * D));
      prob = next.prob;
      total += next.logLikelihood;
    }
    return total;
  };
};
