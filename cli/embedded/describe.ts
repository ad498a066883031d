import type { LoopSummary } from './loop.ts';

const percent = (value: number): string => `${(100 * value).toFixed(1)}%`;

/** The summary for people. */
export const describeLoop = (summary: LoopSummary): string => {
  const { series, version, predict, param, stages, reason } = summary;
  return [
    ...series.map(
      (one) =>
        `${one.series}  ${one.bars} candles, next ${new Date(one.watermark).toISOString()}, ${one.gaps.length} gaps (${one.missing} candles)`,
    ),
    ...(version
      ? [`version     ${version.version_id}  ${metric(version)}`, `            ${version.message}`]
      : []),
    ...(predict ? [`regime      ${predict.regime}  ${probabilities(predict.regime_proba)}`] : []),
    ...(param ? [`parameters  ${param.config_id}`] : []),
    reason === undefined ? `ok          ${stages.join(' → ')}` : `FAILED      ${reason}`,
  ].join('\n');
};

const metric = ({
  metric_name: name,
  metric_value: value,
}: {
  metric_name: string;
  metric_value: number | null;
}): string => (value === null ? '' : `${name} ${value.toFixed(4)} nats/candle`);

const probabilities = (proba: Readonly<Record<string, number>>): string =>
  Object.entries(proba)
    .map(([name, value]) => `${name} ${percent(value)}`)
    .join(', ');
