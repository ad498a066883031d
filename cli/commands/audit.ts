import { verifyAudits } from '../audit.ts';
import { type AddCommand, answersHere } from '../cli.ts';

export const addAudit: AddCommand = (parent, cli) => {
  parent
    .command('audit')
    .description('the logs of who changed what')
    .command('verify')
    .description('whether no row of them was altered, removed or moved')
    .action(answersHere(cli, () => verifyAudits(cli.env)));
};
