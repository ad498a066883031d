import type { Command } from 'commander';
import type { Operations } from '../../client/schema.ts';
import { type Cli, UsageError } from '../cli.ts';
import { answersFrom } from '../gateway.ts';
import type { GatewayClient } from '../gateway-client.ts';
import { table } from '../table.ts';
import { ago, listed, moment, percent } from '../text.ts';

type Ledger = Operations['GET /ledger']['answer'];
type Gaps = Operations['GET /ledger/gaps']['answer'];

const seriesTable = ({ series }: Ledger, nowMs: number): string =>
  table(
    ['series', 'candles', 'next candle (UTC)', 'behind', 'stored', 'gaps', 'missing'],
    series.map((one) => [
      ...[one.series, one.bars, moment(one.watermark)],
      one.lag_candles === null ? 'not configured' : `${one.lag_candles} candles`,
      ...[ago(one.updated_at, nowMs), one.gap_count, one.missing],
    ]),
    'no candles yet: `autotrain ingest --until now`',
  );

const quarantineTable = ({ quarantined }: Ledger): string =>
  table(
    ['quarantined', 'from (UTC)', 'to (UTC)', 'reason'],
    quarantined.map(({ path, from_ms: from, to_ms: to, reason }) => [path, moment(from), moment(to), reason]),
    'no file is quarantined',
  );

const diskLines = ({ disks }: Ledger): string[] =>
  disks.map(
    ({ root, free_bytes: free, total_bytes: total }) =>
      `disk   ${root}: ${(free / 2 ** 30).toFixed(1)} GiB free (${percent(free / total)})`,
  );

/** What is stored, as the page *Ledger* shows it. */
const describeLedger = (ledger: Ledger, nowMs: number): string =>
  [
    `files  ${listed(ledger.files)}`,
    ...diskLines(ledger),
    ...['', seriesTable(ledger, nowMs), '', quarantineTable(ledger)],
  ].join('\n');

const describeGaps = ({ data }: Gaps, nowMs: number): string =>
  table(
    ['series', 'from (UTC)', 'to (UTC)', 'missing', 'state', 'asked', 'next time'],
    data.map((gap) => [
      ...[gap.series, moment(gap.fromMs), moment(gap.toMs), gap.missing, gap.state, gap.attempts],
      // Due ones wait for the next ingest.
      gap.nextRetryAt === null || gap.nextRetryAt > nowMs ? moment(gap.nextRetryAt) : 'due',
    ]),
    'no gap',
  );

const most = 1_000;

const queryOf = ({ limit, series }: { limit: string; series?: string }): string => {
  if (!/^[1-9]\d{0,3}$/.test(limit) || Number(limit) > most)
    throw new UsageError(`--limit is a whole number from 1 to ${most}, not ${limit}`);
  return new URLSearchParams({ limit, ...(series === undefined ? {} : { series }) }).toString();
};

/** The ledger as its gateway sees it; the rest of the group works on files. */
export const addLedgerState = (group: Command, cli: Cli): void => {
  group
    .command('show')
    .description('files by status, series with their lag, quarantine, disks')
    .action(
      answersFrom(cli, async (gateway: GatewayClient) => {
        const value = await gateway.get<Ledger>('/ledger');
        return { value, text: describeLedger(value, Date.now()) };
      }),
    );
  group
    .command('gaps')
    .description('candles that the exchange did not have, newest first, and whether they are asked for again')
    .option('--series <series>', 'of this series alone')
    .option('--limit <n>', 'how many', '100')
    .action(
      answersFrom(cli, async (gateway: GatewayClient, given: { limit: string; series?: string }) => {
        const value = await gateway.get<Gaps>(`/ledger/gaps?${queryOf(given)}`);
        return { value, text: describeGaps(value, Date.now()) };
      }),
    );
};
