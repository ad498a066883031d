import { type AddCommand, answersHere } from '../cli.ts';
import { actOnLineages } from '../lineage.ts';

const series = ['--series <series>', 'such as binance:BTC/USDT:1h'] as const;

interface Given {
  readonly series?: string;
  readonly reason?: string;
  readonly to?: string;
}

export const addLineage: AddCommand = (parent, cli) => {
  const group = parent.command('lineage').description("strict mode's chains of trained states");
  const acts = (command: 'list' | 'new' | 'rewind') =>
    answersHere(cli, (given: Given) => actOnLineages(cli.env, { command, ...given }));
  group
    .command('list')
    .description('the lineages; a star marks the one that learns')
    .option(...series)
    .action(acts('list'));
  group
    .command('new')
    .description('begin another one with a genesis on all that is stored')
    .requiredOption(...series)
    .requiredOption('--reason <text>', 'why; kept in the audit log')
    .action(acts('new'));
  group
    .command('rewind')
    .description('begin another one at the head of an earlier version')
    .requiredOption(...series)
    .requiredOption('--to <version>', 'the version to go back to')
    .option('--reason <text>', 'why; kept in the audit log')
    .action(acts('rewind'));
};
