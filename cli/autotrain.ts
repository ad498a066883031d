#!/usr/bin/env node
/**
 * `autotrain why DECISION_ID` and `autotrain evaluation --strategy S --instrument I [--days N]`: what the parameter store
 * says; `autotrain ledger …`: backups; `autotrain import`: see import.ts. `--json`: one object on stdout. Exit code 1 when
 * it is refused, 2 on wrong use.
 */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { OffPolicyValue } from '../bandit/ope/estimators.ts';
import type { Config } from '../config.ts';
import { verifyAudits } from './audit.ts';
import { findConfig } from './find-config.ts';
import { importCommand } from './import.ts';
import { LedgerUsageError, ledgerCommand } from './ledger.ts';
import { describeRehearsal, rehearse } from './rehearse.ts';
import { describeReproduction, reproduceVersion } from './reproduce.ts';
import { describeWhy, openStoredController, whyDecision } from './why.ts';

const usage = `usage: autotrain why DECISION_ID [--json]
       autotrain evaluation --strategy S --instrument I [--days N] [--json]
       autotrain days --strategy S --instrument I [--json]
       autotrain audit verify [--json]
       autotrain import FILE|DIR --series S [--json]
       autotrain ledger snapshot | list | verify [NAME] | restore NAME | restore --resume [--json]
       autotrain rehearse [--json]
       autotrain reproduce VERSION [--json]`;

const dayMs = 86_400_000;

class UsageError extends Error {}

const readArguments = (argv: readonly string[]) => {
  const text = { type: 'string' } as const;
  const options = {
    strategy: text,
    instrument: text,
    days: { type: 'string', default: '30' },
    json: { type: 'boolean', default: false },
    resume: { type: 'boolean', default: false },
  } as const;
  try {
    const { positionals, values } = parseArgs({ args: [...argv], options, allowPositionals: true });
    return { command: positionals[0], operands: positionals.slice(1), ...values };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
};

type Arguments = ReturnType<typeof readArguments>;

/** For programs and for people. */
interface Said {
  readonly value: object;
  readonly text: string;
  /** False: what was checked does not hold, and the exit code is 1. */
  readonly ok?: boolean;
}

const why = (config: Config, { operands }: Arguments): Said => {
  const [decisionId] = operands;
  if (operands.length !== 1 || decisionId === undefined) throw new UsageError('why takes one decision id');
  const value = whyDecision(config, decisionId);
  return { value, text: describeWhy(value) };
};

/** Without a decision of its own, or with one alone, a preset has a value but no interval. */
const presetLine = ([preset, { dr, snips, effectiveSampleSize }]: [string, OffPolicyValue]): string => {
  const name = preset.padEnd(20);
  if (effectiveSampleSize === 0) return `${name} was not served: nothing is known`;
  const interval = Number.isFinite(dr.low) ? `[${dr.low.toFixed(3)}, ${dr.high.toFixed(3)}]` : '[unknown]';
  return `${name} DR ${dr.value.toFixed(3)} ${interval}  SNIPS ${snips.value.toFixed(3)}  effective decisions ${effectiveSampleSize.toFixed(0)}`;
};

const evaluation = (config: Config, { strategy, instrument, days, operands }: Arguments): Said => {
  if (strategy === undefined || instrument === undefined || operands.length > 0)
    throw new UsageError('evaluation takes --strategy and --instrument');
  const length = Number(days);
  if (!(length > 0)) throw new UsageError(`--days must be a number above 0, not ${days}`);
  const controller = openStoredController(config);
  try {
    const to = Date.now();
    const value = controller.evaluation({ strategy, instrument, from: to - length * dayMs, to });
    const rows = Object.entries(value.presets).map(presetLine);
    const head = `${value.decisions} free decisions that earned, in ${length} days; ε up to ${value.epsilon}; rewards in deviations`;
    const tail =
      value.prunable.length === 0 ? 'nothing may be retired' : `may be retired: ${value.prunable.join(', ')}`;
    return { value, text: [head, ...rows, tail].join('\n') };
  } finally {
    controller.close();
  }
};

/** What is left of decisions and outcomes that are older than DECISIONS_KEEP_DAYS. */
const days = (config: Config, { strategy, instrument, operands }: Arguments): Said => {
  if (strategy === undefined || instrument === undefined || operands.length > 0)
    throw new UsageError('days takes --strategy and --instrument');
  const controller = openStoredController(config);
  try {
    const sums = controller.dailySums({ strategy, instrument });
    const rows = sums.map(
      (one) =>
        `${one.day}  ${one.preset_id.padEnd(20)} ${one.decisions} decisions, ${one.outcomes} outcomes, rewards ${one.raw_reward_sum.toFixed(2)}`,
    );
    return { value: { days: sums }, text: rows.join('\n') || 'nothing was compacted yet' };
  } finally {
    controller.close();
  }
};

/** Answers from the settings under which a parameter store is there. */
const ofStore =
  (command: (config: Config, given: Arguments) => Said): Command =>
  (env, given) =>
    command(
      findConfig(env, 'parameter store', ({ paths }) => paths.controllerFile),
      given,
    );

type Command = (env: NodeJS.ProcessEnv, given: Arguments) => Said | Promise<Said>;

const rehearsal: Command = async (env, { operands }) => {
  if (operands.length > 0) throw new UsageError('rehearse takes no name');
  const value = await rehearse(findConfig(env, 'ledger', ({ paths }) => paths.ledgerFile));
  return { value, text: describeRehearsal(value), ok: value.ok };
};

const reproduction: Command = (env, { operands }) => {
  const [version] = operands;
  if (operands.length !== 1 || version === undefined) throw new UsageError('reproduce takes one version');
  const value = reproduceVersion(
    findConfig(env, 'ledger', ({ paths }) => paths.ledgerFile),
    version,
  );
  return { value, text: describeReproduction(value), ok: value.reproduced };
};

const commands: Readonly<Record<string, Command>> = {
  why: ofStore(why),
  evaluation: ofStore(evaluation),
  days: ofStore(days),
  ledger: ledgerCommand,
  rehearse: rehearsal,
  reproduce: reproduction,
  audit: (env, { operands }) => {
    if (operands.join(' ') !== 'verify') throw new UsageError('audit takes verify');
    return verifyAudits(env);
  },
};

/** The answer and the exit code. */
export const autotrainCommand = async (
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number; readonly text: string }> => {
  if (argv[0] === 'import') return importCommand(argv.slice(1), env);
  const json = argv.includes('--json');
  const refused = (code: number, reason: string) => ({
    code,
    text: json ? JSON.stringify({ ok: false, reason }) : reason,
  });
  try {
    const given = readArguments(argv);
    const command = Object.hasOwn(commands, given.command ?? '') ? commands[given.command!] : undefined;
    if (!command) throw new UsageError(`name one of ${[...Object.keys(commands), 'import'].join(', ')}`);
    const { value, text, ok = true } = await command(env, given);
    return { code: ok ? 0 : 1, text: json ? JSON.stringify({ ok, ...value }) : text };
  } catch (error) {
    if (error instanceof UsageError || error instanceof LedgerUsageError)
      return refused(2, `${error.message}\n${usage}`);
    return refused(1, (error as Error).message);
  }
};

if (realpathSync(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  const { code, text } = await autotrainCommand(process.argv.slice(2), process.env);
  const json = process.argv.includes('--json');
  (code === 0 || json ? process.stdout : process.stderr).write(`${text}\n`);
  process.exitCode = code;
}
