import { type AddCommand, answersHere } from '../cli.ts';
import { ledgerOf } from '../find-config.ts';
import { withBar } from '../progress.ts';
import { describeReproduction, reproduceVersion } from '../reproduce.ts';

export const addReproduce: AddCommand = (parent, cli) => {
  parent
    .command('reproduce')
    .argument('<version>')
    .description('train a version again from what is stored and compare the bytes')
    .action(
      answersHere(cli, async (version: string) => {
        const config = ledgerOf(cli.env);
        const bar = cli.progress('training', 'series', 'at once');
        const value = await withBar(bar, () => reproduceVersion(config, version, bar));
        return { value, text: describeReproduction(value), ok: value.reproduced };
      }),
    );
};
