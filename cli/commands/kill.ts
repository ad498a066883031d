import { Argument, Option } from 'commander';
import { type AddCommand, type Said } from '../cli.ts';
import { answersFrom } from '../gateway.ts';
import type { GatewayClient } from '../gateway-client.ts';
import { listed } from '../text.ts';

export interface Target {
  readonly strategy?: string;
  readonly instrument?: string;
  readonly reason: string;
}

interface Given extends Target {
  readonly state: string;
  readonly pin?: string;
}

export const scopes = ['training', 'trading'] as const;

export const killed = (what: string, scope: string, value: object): Said => ({
  value,
  text: `${scope} ${what}  ${listed({ ...value })}`,
});

const kill = async (gateway: GatewayClient, scope: string, given: Given): Promise<Said> => {
  const { state, ...rest } = given;
  const body = scope === 'trading' ? { scope, state, ...rest } : { scope, ...rest };
  return killed('killed', scope, await gateway.post<object>('/kill', body));
};

export const addKill: AddCommand = (parent, cli) => {
  parent
    .command('kill')
    .addArgument(new Argument('<what>', 'training or trading').choices(scopes))
    .description('stop trading, or the training loop, until a person resumes it')
    .requiredOption('--reason <text>', 'why; kept in the audit log')
    .option('--strategy <name>', 'trading: of this strategy alone')
    .option('--instrument <name>', 'trading: on this instrument alone')
    .addOption(
      new Option('--state <state>', 'trading: HALTED, or REDUCING, which lets positions be closed')
        .choices(['HALTED', 'REDUCING'])
        .default('HALTED'),
    )
    .option('--pin <version>', 'training: the version that serves meanwhile')
    .action(answersFrom(cli, kill));
};
