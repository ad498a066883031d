import { type AddCommand, answersHere } from '../cli.ts';
import type { Check } from '../doctor/check.ts';
import { examine } from '../doctor/examine.ts';

const line = ({ name, state, found, advice }: Check): string => {
  const mark = state === 'fail' ? 'FAIL' : state;
  const text = `${mark.padEnd(4)}  ${name.padEnd(8)}  ${found}`;
  return advice === undefined ? text : `${text}\n                → ${advice}`;
};

const verdict = (checks: readonly Check[]): string => {
  const count = (state: Check['state']) => checks.filter((one) => one.state === state).length;
  const [failed, warned] = [count('fail'), count('warn')];
  if (failed > 0) return `${failed} must be mended${warned > 0 ? `, ${warned} may be` : ''}`;
  return warned > 0 ? `well, with ${warned} things to know` : 'all is well';
};

export const addDoctor: AddCommand = (parent, cli) => {
  parent
    .command('doctor')
    .description('what a start needs: Node, disk, rights, ledger, ports, Temporal, exchange, clock')
    .action(
      answersHere(cli, async () => {
        const checks = await examine(cli.env);
        const ok = checks.every(({ state }) => state !== 'fail');
        return { value: { checks }, ok, text: [...checks.map(line), verdict(checks)].join('\n') };
      }),
    );
};
