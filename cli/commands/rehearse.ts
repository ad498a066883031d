import { type AddCommand, answersHere } from '../cli.ts';
import { ledgerOf } from '../find-config.ts';
import { withBar } from '../progress.ts';
import { describeRehearsal, rehearse } from '../rehearse.ts';

export const addRehearse: AddCommand = (parent, cli) => {
  parent
    .command('rehearse')
    .description('snapshot, restore aside, predict, roll back, predict: whether a disaster can be survived')
    .action(
      answersHere(cli, async () => {
        const config = ledgerOf(cli.env);
        const bar = cli.progress('rehearsing', 'steps', 'at once');
        const value = await withBar(bar, () => rehearse(config, {}, bar));
        return { value, text: describeRehearsal(value), ok: value.ok };
      }),
    );
};
