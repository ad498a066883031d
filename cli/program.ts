import { Command } from 'commander';
import { codeVersion } from '../code-version.ts';
import type { AddCommand, Cli, Common } from './cli.ts';
import { addAudit } from './commands/audit.ts';
import { addCompletion } from './commands/completion.ts';
import { addDays } from './commands/days.ts';
import { addApprove, addPromote, addRollback } from './commands/decide.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEvaluation } from './commands/evaluation.ts';
import { addImport } from './commands/import.ts';
import { addIngest } from './commands/ingest.ts';
import { addKill } from './commands/kill.ts';
import { addLedger } from './commands/ledger.ts';
import { addLineage } from './commands/lineage.ts';
import { addModel } from './commands/model.ts';
import { addModels } from './commands/models.ts';
import { addOpen } from './commands/open.ts';
import { addPredict } from './commands/predict.ts';
import { addPresets } from './commands/presets.ts';
import { addRehearse } from './commands/rehearse.ts';
import { addReproduce } from './commands/reproduce.ts';
import { addResume } from './commands/resume.ts';
import { addSchedules } from './commands/schedules.ts';
import { addStatus } from './commands/status.ts';
import { addTrain } from './commands/train.ts';
import { addUp } from './commands/up.ts';
import { addWhy } from './commands/why.ts';

const groups: readonly (readonly [title: string, commands: readonly AddCommand[]])[] = [
  ['The loop:', [addUp, addStatus, addDoctor, addOpen]],
  ['Training:', [addIngest, addTrain, addModels, addModel, addPromote, addApprove, addRollback, addPredict]],
  ['Parameters:', [addPresets, addWhy, addEvaluation, addDays]],
  ['Stopping:', [addKill, addResume, addSchedules]],
  ['The state on this machine:', [addImport, addLedger, addLineage, addRehearse, addReproduce, addAudit]],
  ['The shell:', [addCompletion]],
];

/** The common options are said once, in the help of the program. */
const addCommonOptions = (program: Command): Command =>
  program
    .option('--json', 'one JSON object on stdout, for programs', false)
    .option('--url <address>', 'the gateway to ask (AUTOTRAIN_URL)')
    .option('--token <token>', 'a bearer token; AUTOTRAIN_TOKEN keeps it out of the process list')
    .option('--api-key <key>', 'an X-API-Key; AUTOTRAIN_API_KEY keeps it out of the process list');

/** The parser of every command. `print` gets help and version; errors are thrown as CommanderError. */
export const createProgram = (
  make: (common: () => Common) => Cli,
  print: (text: string) => void = () => {},
): Command => {
  const program = new Command('autotrain')
    .description("Autotrain: the training loop of a trading engine, at an operator's hands")
    .version(codeVersion(), '-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: () => {} });
  addCommonOptions(program);
  const cli = make(() => program.opts<Common>());
  for (const [title, commands] of groups) {
    program.commandsGroup(title);
    for (const add of commands) add(program, cli);
  }
  return program;
};

/** Names with what is asked for: `ledger restore [name]`. */
const callOf = (command: Command): string => {
  const { parent } = command;
  const asked = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`.toUpperCase();
    return argument.required ? name : `[${name}]`;
  });
  return [...(parent ? [callOf(parent)] : []), command.name(), ...asked].join(' ');
};

const optionsOf = (command: Command): string[] =>
  command.options.map(({ flags, mandatory }) => (mandatory ? flags : `[${flags}]`));

export const usageOf = (command: Command): string => [callOf(command), ...optionsOf(command)].join(' ');

/** Commands that do something, as against groups of them. */
export const leavesOf = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);

/** How the command is used that these words come closest to, or each of its group. */
export const usageNear = (program: Command, argv: readonly string[]): string => {
  let command = program;
  for (const word of argv.filter((one) => !one.startsWith('-'))) {
    const next = command.commands.find((one) => one.name() === word);
    if (!next) break;
    command = next;
  }
  if (command === program) return 'usage: autotrain COMMAND [OPTIONS]; `autotrain --help` lists the commands';
  return leavesOf(command)
    .map((one, i) => `${i === 0 ? 'usage: ' : '       '}${usageOf(one)} [--json]`)
    .join('\n');
};
