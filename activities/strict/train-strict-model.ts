import type { Evaluation } from '../../backtest/evaluation.ts';
import { modelOf } from '../../hmm/online/online.ts';
import type { OnlineState } from '../../hmm/online/state.ts';
import type { CandleColumns } from '../../ledger/candle-columns.ts';
import { compareBlocks, decide, type GateOptions, type GateResult } from '../../registry/gate.ts';
import type { ChampionComparison, LineageHead } from '../../registry/head-file.ts';
import type { SeriesModel } from '../../registry/model-file.ts';
import { modelGates } from '../absolute-gates.ts';
import { beginning, stopwatch, type TrainingProgress } from '../train-series-model.ts';
import { TrainingError } from '../training-error.ts';
import { blockScores, continueComparison } from './comparison.ts';
import { type Genesis, type GenesisJob, genesis } from './genesis.ts';
import { judgeRetrain } from './judge-retrain.ts';
import { type Learned, learn } from './learn.ts';
import { labelsNow } from './names.ts';

export interface StrictJob extends GenesisJob {
  /** The lineage's head; undefined: this is its genesis. */
  readonly head?: LineageHead;
  /** What serves this series now; undefined for its first model. */
  readonly champion?: SeriesModel;
  readonly comparison?: ChampionComparison;
  /** Older candles that the head was trained on, for baselines; without them a retrain is not compared with any. */
  readonly past?: CandleColumns;
  readonly gate: GateOptions;
}

export interface StrictTraining {
  readonly model: SeriesModel;
  readonly head: LineageHead;
  readonly comparison?: ChampionComparison;
  readonly gate: GateResult;
  /** Complete feature rows that the lineage has learned from or holds in its open block. */
  readonly nObs: number;
  /** Mean one-step predictive log-likelihood of the candles that were scored before learning; nats/candle, unscaled. */
  readonly metricValue: number;
  /** How many candles that mean is over. */
  readonly scoredCandles: number;
  /** Against baselines: of the batch fit at genesis, of the head as it was before a retrain. */
  readonly evaluation?: Evaluation;
  readonly warnings: readonly string[];
  readonly timings: { readonly fitMs: number; readonly absorbMs: number; readonly evaluateMs?: number };
}

/**
 * Strict mode (DESIGN §5) for one series: genesis if there is none yet, then each candle is scored by head and champion
 * before the head learns from it. Pure: the same candles in any number of calls give the same head, bit for bit.
 */
export const trainStrictModel = (
  job: StrictJob,
  onProgress: (progress: TrainingProgress) => void,
): StrictTraining => {
  const clock = stopwatch();
  const begun = job.head ? { head: job.head, rest: job.columns } : genesis(job, onProgress);
  const fitMs = clock();
  const learned = absorbed(begun, onProgress);
  const absorbMs = clock();
  const outcome = { ...outcomeOf(job, learned), timings: { fitMs, absorbMs } };
  if ('report' in begun) {
    const { judged, report } = begun;
    return { ...outcome, ...judged, warnings: [...report.warnings, ...judged.warnings] };
  }
  onProgress(beginning('evaluate'));
  const judged = judgeRetrain({ ...job, before: begun.head, after: learned.head });
  return { ...outcome, ...judged, timings: { fitMs, absorbMs, evaluateMs: clock() } };
};

const absorbed = (
  { head, rest }: Pick<Genesis, 'head' | 'rest'>,
  onProgress: (progress: TrainingProgress) => void,
): Learned => {
  const absorbing = { ...beginning('absorb'), iteration: head.online.absorbed };
  onProgress(absorbing);
  return learn(head, rest, (done, of) => onProgress({ ...absorbing, done, of }));
};

/** What became of head, champion and gate with the candles that were learned. */
export const outcomeOf = (
  job: Pick<StrictJob, 'champion' | 'comparison' | 'gate'> & { readonly head?: LineageHead | undefined },
  { head, scored }: Learned,
): Omit<StrictTraining, 'evaluation' | 'warnings' | 'timings'> => {
  demandScores(head);
  const comparison = job.champion && continueComparison(job.comparison, job.champion, scored);
  return {
    ...{
      model: servedModel(head, job.head === undefined),
      head,
      gate: judge(job, head, comparison, scored.head),
    },
    ...(comparison && { comparison }),
    nObs: head.genesisRows + (head.prequential?.candles ?? 0),
    ...metricOf(head, comparison),
  };
};

const demandScores = ({ prequential }: LineageHead): void => {
  if (prequential) return;
  throw new TrainingError('TooFewRows', 'no candle behind the batch fit gives a complete feature row');
};

const judge = (
  { gate }: Pick<StrictJob, 'gate'>,
  { online }: LineageHead,
  comparison: ChampionComparison | undefined,
  scores: Float64Array,
): GateResult => {
  const ofNewCandles = scores.filter((score) => !Number.isNaN(score));
  const checks = modelGates(modelOf(online), smallestShare(online), ofNewCandles);
  return decide(checks, comparison && compareBlocks(blockScores(comparison), gate), gate);
};

/** Of the candles that the head remembers. */
const smallestShare = ({ statistics: { weight } }: OnlineState): number =>
  Math.min(...weight) / weight.reduce((a, b) => a + b, 0);

/** Since the champion's training end; where nothing was scored there yet, or without a champion, since the batch fit. */
const metricOf = (
  { prequential }: LineageHead,
  comparison: ChampionComparison | undefined,
): Pick<StrictTraining, 'metricValue' | 'scoredCandles'> => {
  if (comparison && comparison.candles > 0) {
    const { candles, headSum } = comparison;
    return { metricValue: headSum / candles, scoredCandles: candles };
  }
  const { candles, sum } = prequential ?? { candles: 0, sum: 0 };
  return { metricValue: sum / candles, scoredCandles: candles };
};

const servedModel = (head: LineageHead, isGenesis: boolean): SeriesModel => {
  const { online, scaler, trainedRanges, prequential } = head;
  return {
    ...{ hmm: online.model, scaler, ...labelsNow(head, isGenesis) },
    trainedRange: { fromMs: trainedRanges[0]!.fromMs, toMs: trainedRanges.at(-1)!.toMs },
    ...(prequential && {
      prequential: {
        fromMs: prequential.fromMs,
        toMs: prequential.toMs,
        candles: prequential.candles,
        meanLogLikelihood: prequential.sum / prequential.candles,
      },
    }),
  };
};
