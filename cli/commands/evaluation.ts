import type { OffPolicyValue } from '../../bandit/ope/estimators.ts';
import type { Config } from '../../config.ts';
import { type AddCommand, answersHere, type Said, UsageError } from '../cli.ts';
import { storeOf } from '../find-config.ts';
import { openStoredController } from '../why.ts';
import { addScope, type Scope } from './scope.ts';

const dayMs = 86_400_000;

/** Without a decision of its own, or with one alone, a preset has a value but no interval. */
const presetLine = ([preset, { dr, snips, effectiveSampleSize }]: [string, OffPolicyValue]): string => {
  const name = preset.padEnd(20);
  if (effectiveSampleSize === 0) return `${name} was not served: nothing is known`;
  const interval = Number.isFinite(dr.low) ? `[${dr.low.toFixed(3)}, ${dr.high.toFixed(3)}]` : '[unknown]';
  return `${name} DR ${dr.value.toFixed(3)} ${interval}  SNIPS ${snips.value.toFixed(3)}  effective decisions ${effectiveSampleSize.toFixed(0)}`;
};

const lengthOf = (days: string): number => {
  const length = Number(days);
  if (length > 0) return length;
  throw new UsageError(`--days must be a number above 0, not ${days}`);
};

const evaluation = (config: Config, scope: Scope, length: number): Said => {
  const controller = openStoredController(config);
  try {
    const to = Date.now();
    const value = controller.evaluation({ ...scope, from: to - length * dayMs, to });
    const rows = Object.entries(value.presets).map(presetLine);
    const head = `${value.decisions} free decisions that earned, in ${length} days; ε up to ${value.epsilon}; rewards in deviations`;
    const tail =
      value.prunable.length === 0 ? 'nothing may be retired' : `may be retired: ${value.prunable.join(', ')}`;
    return { value, text: [head, ...rows, tail].join('\n') };
  } finally {
    controller.close();
  }
};

export const addEvaluation: AddCommand = (parent, cli) => {
  addScope(parent.command('evaluation'))
    .description('what each preset is worth, by the decisions that were served')
    .option('--days <n>', 'how far back', '30')
    .action(
      answersHere(cli, ({ strategy, instrument, days }: Scope & { days: string }) => {
        const length = lengthOf(days);
        return evaluation(storeOf(cli.env), { strategy, instrument }, length);
      }),
    );
};
