import type { Command } from 'commander';
import type { Progress } from './progress.ts';

/** What a command found, for programs and for people. */
export interface Said {
  readonly value: object;
  readonly text: string;
  /** False: what was checked does not hold. */
  readonly ok?: boolean;
  /** Of the process; by default 0, or 1 where `ok` is false. */
  readonly code?: number;
  /** The command had the terminal to itself: nothing is left to print. */
  readonly isPrinted?: true;
}

/** Thrown on wrong use. */
export class UsageError extends Error {}

/** What every command may be given. */
export interface Common {
  readonly json: boolean;
  readonly url?: string;
  readonly token?: string;
  readonly apiKey?: string;
}

/** What a command needs from the process that it runs in. */
export interface Cli {
  readonly env: NodeJS.ProcessEnv;
  readonly common: () => Common;
  /** Bars on stderr; they show nothing where nobody looks. */
  readonly progress: Progress;
  /** A line for people on stderr, whatever stdout is for. */
  readonly say: (line: string) => void;
  readonly answer: (said: Said) => void;
}

/** Adds one command, with its arguments and options, to the program or to a group. */
export type AddCommand = (parent: Command, cli: Cli) => void;

type Run<A extends readonly unknown[]> = (...given: A) => Said | Promise<Said>;

/** An action whose answer is what the program prints. */
export const answers =
  <A extends readonly unknown[]>(cli: Cli, run: Run<A>) =>
  async (...given: A): Promise<void> =>
    cli.answer(await run(...given));

const remote = { url: '--url', token: '--token', apiKey: '--api-key' } as const;

/** The same for a command that reads and writes files of this machine: an address of a gateway would mislead. */
export const answersHere = <A extends readonly unknown[]>(cli: Cli, run: Run<A>) =>
  answers(cli, (...given: A) => {
    for (const [name, flag] of Object.entries(remote))
      if (cli.common()[name as keyof typeof remote] !== undefined)
        throw new UsageError(`${flag} is for a gateway; this command works on the files of this machine`);
    return run(...given);
  });
