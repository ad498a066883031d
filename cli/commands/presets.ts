import type { Command } from 'commander';
import { type AddCommand, type Cli, type Said, UsageError } from '../cli.ts';
import { answersFrom } from '../gateway.ts';
import type { GatewayClient } from '../gateway-client.ts';
import { table } from '../table.ts';
import { listed } from '../text.ts';
import { scopePath } from './scope.ts';

interface Row {
  readonly preset_id?: string;
  readonly params?: unknown;
  readonly [field: string]: unknown;
}

const describeRow = ({ preset_id: id, params, ...rest }: Row) => [
  id,
  JSON.stringify(params),
  listed(
    Object.fromEntries(
      Object.entries(rest).filter(([, value]) => value !== false && typeof value !== 'object'),
    ),
  ),
];

const presetsOf = async (gateway: GatewayClient, strategy: string, instrument: string): Promise<Said> => {
  const value = await gateway.get<{ data: Row[] }>(`/presets/${scopePath({ strategy, instrument })}`);
  return {
    value,
    text: table(['preset', 'params', ''], value.data.map(describeRow), 'no presets registered'),
  };
};

/** Where anything is registered at all. */
const scopes = async (gateway: GatewayClient): Promise<Said> => {
  const value = await gateway.get<{ data: { strategy: string; instrument: string }[] }>('/strategies');
  const rows = value.data.map(({ strategy, instrument }) => [strategy, instrument]);
  return { value, text: table(['strategy', 'instrument'], rows, 'no strategy was asked for yet') };
};

const list = (gateway: GatewayClient, strategy?: string, instrument?: string): Promise<Said> => {
  if (strategy === undefined) return scopes(gateway);
  if (instrument === undefined) throw new UsageError(`name an instrument of ${strategy}, or neither`);
  return presetsOf(gateway, strategy, instrument);
};

const paramsOf = (text: string): object => {
  try {
    const params: unknown = JSON.parse(text);
    if (typeof params === 'object' && params !== null && !Array.isArray(params)) return params;
  } catch {
    // Said below: what is wrong and what is allowed are the same in both cases.
  }
  throw new UsageError(`--params is a JSON object such as {"threshold":0.6}, not ${text}`);
};

const inScope = (group: Command, name: string): Command =>
  group.command(name).argument('<strategy>').argument('<instrument>', 'such as BTCUSDT, or GLOBAL');

interface Named {
  readonly strategy: string;
  readonly instrument: string;
  /** Not given where one is unpinned. */
  readonly preset: string | undefined;
}

/** An action on a preset of a strategy on an instrument. */
const actsOn =
  <G>(cli: Cli, act: (gateway: GatewayClient, named: Named, given: G) => Promise<Said>) =>
  (strategy: string, instrument: string, preset: string | undefined, given: G): Promise<void> =>
    answersFrom(cli, (gateway) => act(gateway, { strategy, instrument, preset }, given))();

const where = ({ strategy, instrument }: Named): string => `${strategy} on ${instrument}`;

const register = async (gateway: GatewayClient, named: Named, given: { params: string }): Promise<Said> => {
  const body = { preset_id: named.preset, params: paramsOf(given.params) };
  const value = await gateway.post<object>(`/preset/register/${scopePath(named)}`, body);
  return { value, text: `registered  ${named.preset} of ${where(named)}` };
};

const retire = async (gateway: GatewayClient, named: Named, given: { reason: string }): Promise<Said> => {
  const { preset: preset_id, ...scope } = named;
  const value = await gateway.post<object>('/preset/retire', { ...scope, preset_id, ...given });
  return { value, text: `retired  ${preset_id} of ${where(named)}` };
};

interface Pin {
  readonly reason: string;
  readonly off?: boolean;
}

const demandOne = (preset: string | undefined, { off = false }: Pin): void => {
  if ((preset === undefined) !== off) throw new UsageError('name the preset to pin, or give --off');
};

const pin = async (gateway: GatewayClient, named: Named, given: Pin): Promise<Said> => {
  const { preset, ...scope } = named;
  demandOne(preset, given);
  const body = { ...scope, preset_id: preset ?? null, reason: given.reason };
  const value = await gateway.post<object>('/preset/pin', body);
  return { value, text: `${preset === undefined ? 'unpinned ' : `pinned  ${preset} of`} ${where(named)}` };
};

const addRegister = (group: Command, cli: Cli): void => {
  inScope(group, 'register')
    .argument('<preset>')
    .description('add a preset, or give one new parameters')
    .requiredOption('--params <json>', 'its parameters')
    .action(actsOn(cli, register));
};

const addRetire = (group: Command, cli: Cli): void => {
  inScope(group, 'retire')
    .argument('<preset>')
    .description('take a preset out; registering it again brings it back')
    .requiredOption('--reason <text>', 'why; kept in the audit log')
    .action(actsOn(cli, retire));
};

const addPin = (group: Command, cli: Cli): void => {
  inScope(group, 'pin')
    .argument('[preset]')
    .description('serve one preset, whatever was learned')
    .requiredOption('--reason <text>', 'why; kept in the audit log')
    .option('--off', 'choose by what was learned again')
    .action(actsOn(cli, pin));
};

export const addPresets: AddCommand = (parent, cli) => {
  const group = parent.command('presets').description('the parameter bundles that engines are served');
  group
    .command('list')
    .argument('[strategy]')
    .argument('[instrument]')
    .description('the presets of a strategy on an instrument, or which of those there are')
    .action(answersFrom(cli, list));
  addRegister(group, cli);
  addRetire(group, cli);
  addPin(group, cli);
};
