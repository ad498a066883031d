import { type AddCommand, answersHere } from '../cli.ts';
import { list, type RestoreArguments, restore, snapshot, verify } from '../ledger.ts';
import { withBar } from '../progress.ts';
import { addLedgerState } from './ledger-state.ts';

export const addLedger: AddCommand = (parent, cli) => {
  const group = parent
    .command('ledger')
    .description('what is stored; backups of ledger, parameters, models and candles');
  addLedgerState(group, cli);
  const bar = (label: string) => cli.progress(label, 'bytes');
  group
    .command('snapshot')
    .description('back up the state, while everything goes on')
    .action(
      answersHere(cli, () => {
        const one = bar('hashing');
        return withBar(one, () => snapshot(cli.env, one));
      }),
    );
  group
    .command('list')
    .description('the snapshots, oldest first')
    .action(answersHere(cli, () => list(cli.env)));
  group
    .command('verify')
    .argument('[name]', 'a snapshot; the newest where none is named')
    .description('read every byte of a snapshot and compare it')
    .action(
      answersHere(cli, (name: string | undefined) => {
        const one = bar('verifying');
        return withBar(one, () => verify(cli.env, name, one));
      }),
    );
  group
    .command('restore')
    .argument('[name]', 'a snapshot, or latest')
    .description('put a snapshot in the place of the state; workers and gateway must be stopped')
    .option('--resume', 'complete a restore that was interrupted')
    .option('--without-kills', 'also where what is replaced cannot be read, and so not what is killed in it')
    .action(
      answersHere(cli, (name: string | undefined, given: Omit<RestoreArguments, 'name'>) => {
        const one = bar('restoring');
        return withBar(one, () => restore(cli.env, { name, ...given }, one));
      }),
    );
};
