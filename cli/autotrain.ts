#!/usr/bin/env node
/** The command `autotrain`: see docs/reference/cli.md. What a command answers goes to stdout, all else to stderr. */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Command, CommanderError } from 'commander';
import type { Cli, Common, Said } from './cli.ts';
import { createProgram, usageNear } from './program.ts';
import { noProgress, type Progress, progressOn } from './progress.ts';
import { refusalOf } from './refusal.ts';

export interface Answer {
  readonly code: number;
  readonly text: string;
  /** The command ran: its text is a result, also where what it checked does not hold. */
  readonly ran?: true;
}

export interface Surroundings {
  readonly progress?: Progress;
  readonly say?: (line: string) => void;
}

const jsonOf = ({ value, ok = true }: Said): string => JSON.stringify({ ok, ...value });

const printed = (said: Said, json: boolean): Answer => {
  const code = said.code ?? (said.ok === false ? 1 : 0);
  if (said.isPrinted) return { code, text: '', ran: true };
  return { code, text: json ? jsonOf(said) : said.text, ran: true };
};

/** --help and --version end the parsing, and nothing is wrong. */
const isAsked = (error: unknown): boolean => error instanceof CommanderError && error.exitCode === 0;

const parsed = async (
  program: Command,
  argv: readonly string[],
  json: boolean,
  found: () => Said | undefined,
): Promise<Answer> => {
  try {
    await program.parseAsync([...argv], { from: 'user' });
    const said = found();
    return said ? printed(said, json) : { code: 0, text: '' };
  } catch (error) {
    const said = found();
    if (isAsked(error) && said) return printed(said, json);
    const { code, reason, more } = refusalOf(error, () => usageNear(program, argv));
    return { code, text: json ? JSON.stringify({ ok: false, reason, ...more }) : reason };
  }
};

/** The answer and the exit code. */
export const autotrainCommand = async (
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  { progress = noProgress, say = () => {} }: Surroundings = {},
): Promise<Answer> => {
  const json = argv.includes('--json');
  let said: Said | undefined;
  const answer = (one: Said): void => void (said = one);
  const make = (common: () => Common): Cli => ({ env, common, progress, say, answer });
  const help = (text: string): void => answer({ value: { help: text }, text: text.trimEnd() });
  return await parsed(createProgram(make, help), argv, json, () => said);
};

const main = async (): Promise<void> => {
  const argv = process.argv.slice(2);
  const json = argv.includes('--json');
  const isWatched = process.stderr.isTTY && !json;
  const { code, text, ran } = await autotrainCommand(argv, process.env, {
    ...(isWatched ? { progress: progressOn(process.stderr) } : {}),
    say: (line) => process.stderr.write(`${line}\n`),
  });
  if (text !== '') (ran || json ? process.stdout : process.stderr).write(`${text}\n`);
  process.exitCode = code;
};

if (realpathSync(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) await main();
