import { basename } from 'node:path';
import type { BootstrapInterval } from '../backtest/bootstrap.ts';
import type { SeriesEvaluation } from '../backtest/evaluate-series.ts';
import type { Interval } from '../backtest/rolling.ts';
import type { ScopeReport } from '../backtest/scope.ts';
import { describe } from '../backtest/specification.ts';
import type { EvaluatedFile } from './evaluation-checks.ts';

const fixed = (value: number | null, digits = 3): string => (value === null ? '–' : value.toFixed(digits));

const interval = (one: BootstrapInterval | null): string =>
  one ? `${fixed(one.mean)} (${fixed(one.lower)} … ${fixed(one.upper)})` : '–';

const difference = (one: Interval): string =>
  `${fixed(one.difference)} (${fixed(one.lower)} … ${fixed(one.upper)})`;

/** One model for all files of a timeframe against one each. */
export const describeScope = (timeframe: string, { better, together, series }: ScopeReport): string =>
  [
    `${timeframe}: one model for ${Object.keys(series).length} series minus one each ${difference(together)}; better: ${better}`,
    ...Object.entries(series).map(
      ([name, { pooledMinusPerSeries }]) => `  ${name} ${difference(pooledMinusPerSeries)}`,
    ),
  ].join('\n');

/** One page for people: nats per candle, one-step predictive, later candles. */
export const describeSeries = ({ file, timeframe, candles, seconds, evaluation }: EvaluatedFile): string =>
  [
    `${basename(file)}: ${candles} candles of ${timeframe}, ${seconds} s`,
    ...selectionLines(evaluation),
    ...judgementLines(evaluation),
    ...qualityLines(evaluation),
    ...restLines(evaluation),
  ].join('\n');

const selectionLines = ({ selection, emission }: SeriesEvaluation): string[] => [
  `  selection on ${selection.candles} later candles: ${describe(selection.chosen)} (best ${describe(selection.best)}, BIC ${describe(selection.byBic)})`,
  ...selection.candidates.map(
    (one) =>
      `    ${describe(one).padEnd(22)} ${fixed(one.mean)}  shortfall ${fixed(one.shortfall)} ± ${fixed(one.standardError)}  BIC/row ${fixed(one.bicPerRow)}`,
  ),
  ...(emission?.candidates ?? []).map(
    (one) => `    ${describe(one).padEnd(22)} ${fixed(one.mean)} (last fold)`,
  ),
];

const judgementLines = ({ judgement, specification }: SeriesEvaluation): string[] => [
  `  ${describe(specification)} on ${judgement.candles} candles after those: ${fixed(judgement.model.joint)}, log return alone ${fixed(judgement.model.margin)}`,
  ...Object.entries(judgement.rivals).map(
    ([name, { gain }]) =>
      `    gain over ${name.padEnd(11)} ${interval(gain.joint)} | log return ${interval(gain.margin)}`,
  ),
  `    evidence of regimes: features ${judgement.regimeEvidence.joint}, log return ${judgement.regimeEvidence.returns}; PIT distance ${fixed(judgement.calibration.ksDistance)}`,
];

const list = (values: readonly (number | null)[], digits = 2): string =>
  values.map((value) => fixed(value, digits)).join(' ');

const qualityLines = ({ quality }: SeriesEvaluation): string[] => [
  `  regimes: filter and smoother ${fixed(quality.lookAhead.meanDistance)} apart, ${fixed(100 * quality.lookAhead.disagreement, 1)} % of states differ; ${fixed(quality.switchesPerThousand, 0)} switches in 1000`,
  `    occupancy ${list(quality.occupancy.filtered)}; dwell expected ${list(quality.dwell.expected, 1)}, realised ${list(quality.dwell.realised, 1)}`,
  `    nearest states ${fixed(quality.separation.hellinger)} (Hellinger), entropy ${fixed(quality.separation.entropy)}`,
];

const restLines = ({ online, ensemble, labels, promotions, nulls }: SeriesEvaluation): string[] => [
  ...online.map(
    (one) =>
      `  online, K=${one.nStates}: ${fixed(one.online)}, rolling refit ${fixed(one.rolling)}, one state ${fixed(one.oneState)}, EWMA ${fixed(one.ewma)} on ${one.candles} candles; online − refit ${difference(one.onlineMinusRolling)}`,
  ),
  `  ensemble of K=${ensemble.fixed.map(({ nStates }) => nStates).join()} ${ensemble.wins ? 'wins' : 'does not win'}: ${ensemble.ensembles.map(({ againstBestFixed }) => difference(againstBestFixed)).join()} over K=${ensemble.bestFixed} on ${ensemble.candles} candles`,
  `  labels over ${labels.retrains.length + 1} weekly retrains: median ARI ${fixed(labels.median.ari)}, same id ${fixed(labels.median.sameId)}, same name ${fixed(labels.median.sameName)}`,
  `  promotions: ${promotions.promotions.length} in ${promotions.retrains} retrains, ${promotions.held} held up, mean gain ${fixed(promotions.meanGain)}`,
  ...nulls.map(
    ({ kind, blockLength, seeds, returns, joint, gainOverMixture, returnsGainOverMixture }) =>
      `  null, ${kind}${blockLength === null ? '' : ` in blocks of ${blockLength}`}: regimes in returns on ${returns}, in features on ${joint} of ${seeds} seeds; gain over mixture ${fixed(gainOverMixture)}, log return ${fixed(returnsGainOverMixture, 4)}`,
  ),
];
