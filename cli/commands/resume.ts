import { Argument } from 'commander';
import type { AddCommand } from '../cli.ts';
import { answersFrom } from '../gateway.ts';
import type { GatewayClient } from '../gateway-client.ts';
import { killed, scopes, type Target } from './kill.ts';

export const addResume: AddCommand = (parent, cli) => {
  parent
    .command('resume')
    .addArgument(new Argument('<what>', 'training or trading').choices(scopes))
    .description('start again what was killed')
    .requiredOption('--reason <text>', 'why; kept in the audit log')
    .option('--strategy <name>', 'trading: of this strategy alone')
    .option('--instrument <name>', 'trading: on this instrument alone')
    .action(
      answersFrom(cli, async (gateway: GatewayClient, scope: string, given: Target) =>
        killed('resumed', scope, await gateway.post<object>('/resume', { scope, ...given })),
      ),
    );
};
