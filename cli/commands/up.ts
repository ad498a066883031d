import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { packageRoot } from '../../code-version.ts';
import { type AddCommand, answersHere, type Cli, type Said, UsageError } from '../cli.ts';

interface Given {
  readonly once?: boolean;
}

const forwarded = ['SIGINT', 'SIGTERM'] as const;

/** What is started has the terminal: it prints, and it ends with the same code. */
const up = async (cli: Cli, given: Given): Promise<number> => {
  const { json } = cli.common();
  if (json && !given.once) throw new UsageError('--json needs --once: what stays up has no result to print');
  const script = path.join(packageRoot(), 'scripts', 'start.mjs');
  const args = [script, ...(given.once ? ['--once'] : []), ...(json ? ['--json'] : [])];
  const child = spawn(process.execPath, args, { stdio: 'inherit', env: cli.env });
  for (const signal of forwarded) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
};

const printed = (code: number): Said => ({ value: {}, text: '', code, isPrinted: true });

export const addUp: AddCommand = (parent, cli) => {
  parent
    .command('up')
    .description('start everything on this machine, as `npm start` does')
    .option('--once', 'one full loop, a summary, and out')
    .action(answersHere(cli, async (given: Given) => printed(await up(cli, given))));
};
