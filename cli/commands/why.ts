import { type AddCommand, answersHere } from '../cli.ts';
import { storeOf } from '../find-config.ts';
import { describeWhy, whyDecision } from '../why.ts';

export const addWhy: AddCommand = (parent, cli) => {
  parent
    .command('why')
    .argument('<decision_id>')
    .description('why an engine got these parameters: odds, outcome, model, files')
    .action(
      answersHere(cli, (decisionId: string) => {
        const value = whyDecision(storeOf(cli.env), decisionId);
        return { value, text: describeWhy(value) };
      }),
    );
};
