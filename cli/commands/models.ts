import type { Operations } from '../../client/schema.ts';
import { type AddCommand, UsageError } from '../cli.ts';
import { answersFrom } from '../gateway.ts';
import type { GatewayClient } from '../gateway-client.ts';
import { table } from '../table.ts';
import { figure, moment } from '../text.ts';

type Page = Operations['GET /models']['answer'];

export type ModelRow = Page['data'][number];

const largestPage = 500;

const limitOf = (text: string): number => {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= largestPage) return limit;
  throw new UsageError(`--limit is a whole number from 1 to ${largestPage}, not ${text}`);
};

const row = (one: ModelRow) => [
  one.active ? '*' : '',
  one.version_id,
  moment(one.created_at),
  ...[one.n_states, one.n_obs, figure(Object.values(one.metrics)[0])],
  one.tag ?? '',
];

const describe = ({ data, page }: Page): string => {
  const rows = table(
    ['', 'version', 'made (UTC)', 'states', 'candles', 'nats/candle', 'tag'],
    data.map(row),
    'no version yet',
  );
  return page.nextCursor === null ? rows : `${rows}\nolder ones: --cursor ${page.nextCursor}`;
};

export const addModels: AddCommand = (parent, cli) => {
  parent
    .command('models')
    .description('the versions, newest first; a star marks what serves')
    .option('--limit <n>', 'how many', '20')
    .option('--cursor <cursor>', 'go on where the last page ended')
    .action(
      answersFrom(cli, async (gateway: GatewayClient, given: { limit: string; cursor?: string }) => {
        const query = new URLSearchParams({ limit: String(limitOf(given.limit)) });
        if (given.cursor !== undefined) query.set('cursor', given.cursor);
        const value = await gateway.get<Page>(`/models?${query.toString()}`);
        return { value, text: describe(value) };
      }),
    );
};
