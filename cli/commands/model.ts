import { type AddCommand, type Said } from '../cli.ts';
import { answersFrom } from '../gateway.ts';
import type { GatewayClient } from '../gateway-client.ts';
import { pairs } from '../table.ts';
import { figure, listed, moment } from '../text.ts';
import type { ModelRow } from './models.ts';

interface Report extends ModelRow {
  readonly gate: Readonly<Record<string, unknown>>;
  readonly model_hash: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of each series what decided; the whole of it is in --json. */
const gateLines = (gate: Report['gate']): [string, string][] =>
  Object.entries(gate).map(([series, found]) => {
    if (!isObject(found)) return [`gate ${series}`, JSON.stringify(found)];
    const { decision, reason, ...rest } = found;
    const plain = Object.entries(rest).filter(([, value]) => !isObject(value) && !Array.isArray(value));
    const head = [decision, reason].filter((part) => part !== undefined).map(String);
    return [`gate ${series}`, [...head, listed(Object.fromEntries(plain))].filter(Boolean).join('; ')];
  });

const describe = (report: Report): string =>
  pairs([
    ['version', `${report.version_id}${report.active ? '  (serves)' : ''}`],
    ['made', `${moment(report.created_at)} UTC`],
    ['parent', report.parent_version_id],
    ['tag', report.tag],
    ['states', report.n_states],
    ['candles', report.n_obs],
    ...Object.entries(report.metrics).map(([name, value]) => [name, figure(value)] as const),
    ['series', report.series.join(', ')],
    ['model.json', report.model_hash],
    ...gateLines(report.gate),
  ]);

/** The one that is named, or what serves. */
const versionOf = async (gateway: GatewayClient, version: string | undefined): Promise<string> => {
  if (version !== undefined) return version;
  const { active_version: active } = await gateway.get<{ active_version: string | null }>('/model');
  if (active !== null) return active;
  throw new Error('no model serves yet: `autotrain ingest --until now`, then `autotrain train`');
};

const model = async (gateway: GatewayClient, version: string | undefined): Promise<Said> => {
  const value = await gateway.get<Report>(`/models/${encodeURIComponent(await versionOf(gateway, version))}`);
  return { value, text: describe(value) };
};

export const addModel: AddCommand = (parent, cli) => {
  parent
    .command('model')
    .argument('[version]', 'what serves, where none is named')
    .description('the report of a version: gate, metric, trained candles')
    .action(answersFrom(cli, model));
};
