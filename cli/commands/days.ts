import type { Config } from '../../config.ts';
import { type AddCommand, answersHere, type Said } from '../cli.ts';
import { storeOf } from '../find-config.ts';
import { openStoredController } from '../why.ts';
import { addScope, type Scope } from './scope.ts';

/** What is left of decisions and outcomes that are older than DECISIONS_KEEP_DAYS. */
const days = (config: Config, scope: Scope): Said => {
  const controller = openStoredController(config);
  try {
    const sums = controller.dailySums(scope);
    const rows = sums.map(
      (one) =>
        `${one.day}  ${one.preset_id.padEnd(20)} ${one.decisions} decisions, ${one.outcomes} outcomes, rewards ${one.raw_reward_sum.toFixed(2)}`,
    );
    return { value: { days: sums }, text: rows.join('\n') || 'nothing was compacted yet' };
  } finally {
    controller.close();
  }
};

export const addDays: AddCommand = (parent, cli) => {
  addScope(parent.command('days'))
    .description('daily sums of decisions and outcomes that were compacted')
    .action(
      answersHere(cli, ({ strategy, instrument }: Scope) => days(storeOf(cli.env), { strategy, instrument })),
    );
};
