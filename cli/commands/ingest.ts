import { Option } from 'commander';
import type { IngestAnswer } from '../../api/training.ts';
import { mostToldGaps } from '../../temporal/told-gaps.ts';
import { type AddCommand, type Cli, type Said } from '../cli.ts';
import { followed } from '../follow.ts';
import { answersFrom } from '../gateway.ts';
import { type GatewayClient, patience } from '../gateway-client.ts';
import { withBar } from '../progress.ts';
import { table } from '../table.ts';
import { moment } from '../text.ts';

interface Given {
  readonly until: 'chunk' | 'now';
  readonly wait: boolean;
}

interface Watermark {
  readonly series: string;
  /** Closed candles that are not stored; null: nobody configured the series. */
  readonly lag_candles: number | null;
}

const pollMs = 500;

/** What was missing when a series was first seen, and what is missing now. */
const createLags = () => {
  const first = new Map<string, number>();
  return (rows: readonly Watermark[]): { done: number; total: number } => {
    const known = rows.filter(({ lag_candles: lag }) => lag !== null);
    for (const { series, lag_candles: lag } of known) if (!first.has(series)) first.set(series, lag!);
    const total = [...first.values()].reduce((sum, lag) => sum + lag, 0);
    const left = known.reduce((sum, { lag_candles: lag }) => sum + lag!, 0);
    return { done: Math.max(0, total - left), total };
  };
};

/** The run says nothing until it ends; its watermarks do. */
const withProgress = async <T>(cli: Cli, gateway: GatewayClient, work: () => Promise<T>): Promise<T> => {
  const lags = createLags();
  return await withBar(cli.progress('ingesting', 'candles'), (at) => {
    const look = async (ended: AbortSignal): Promise<void> => {
      const { data } = await gateway.get<{ data: Watermark[] }>('/watermarks', { ended });
      const { done, total } = lags(data);
      if (total > 0) at(done, total);
    };
    return followed(work, look, pollMs);
  });
};

/** An answer tells no more than so many. */
const gapsOf = ({ gaps }: IngestAnswer['series'][number]): string =>
  gaps.length < mostToldGaps ? `${gaps.length}` : `${mostToldGaps} or more`;

const describe = ({ series, downloaded }: IngestAnswer): string =>
  `${table(
    ['series', 'new', 'next', 'gaps', ''],
    series.map((one) => [
      ...[one.series, one.downloaded, moment(one.watermark), gapsOf(one)],
      one.error === undefined ? '' : `FAILED: ${one.error}`,
    ]),
  )}\n${downloaded} candles stored`;

export const addIngest: AddCommand = (parent, cli) => {
  const ingest = async (gateway: GatewayClient, { until, wait }: Given): Promise<Said> => {
    const ask = () =>
      gateway.post<IngestAnswer>(
        `/ingest_once?until=${until}&wait=${wait}`,
        {},
        { patienceMs: patience.workMs },
      );
    if (!wait) {
      const value = await ask();
      return { value, text: value.workflow_ids.map((id) => `started  ${id}`).join('\n') };
    }
    const value = await withProgress(cli, gateway, ask);
    return { value, text: describe(value), ok: value.series.every(({ error }) => error === undefined) };
  };
  parent
    .command('ingest')
    .description('store new candles of each series')
    .addOption(
      new Option('--until <what>', 'now: all there is; chunk: the next BATCH_LIMIT of each series')
        .choices(['chunk', 'now'])
        .default('chunk'),
    )
    .option('--no-wait', 'start it and go on')
    .action(answersFrom(cli, ingest));
};
