import type { Estimate, OffPolicyValue } from '../../bandit/ope/estimators.ts';
import type { Config } from '../../config.ts';
import type { Controller } from '../../controller/open.ts';
import { type AddCommand, answersHere, type Said, UsageError } from '../cli.ts';
import { storeOf } from '../find-config.ts';
import { openStoredController } from '../why.ts';
import { addScope, type Scope } from './scope.ts';

const dayMs = 86_400_000;

const estimateText = (name: string, { value, low, high }: Estimate): string => {
  const interval = Number.isFinite(low) ? `[${low.toFixed(3)}, ${high.toFixed(3)}]` : '[unknown]';
  return `${name} ${value.toFixed(3)} ${interval}`;
};

const presetLine = ([preset, value]: [string, OffPolicyValue | null]): string => {
  const name = preset.padEnd(20);
  if (!value) return `${name} was not served by any of them: nothing is known`;
  const { dr, ips, snips, dm, effectiveSampleSize } = value;
  const all = [
    estimateText('DR', dr),
    estimateText('IPS', ips),
    estimateText('SNIPS', snips),
    estimateText('DM', dm),
  ];
  return `${name} ${all.join('  ')}  effective decisions ${effectiveSampleSize.toFixed(0)}`;
};

type Evaluation = ReturnType<Controller['evaluation']>;

const halfLines = ({ from, to, decisions, champion, presets }: Evaluation['halves'][number]): string[] => [
  `from ${new Date(from).toISOString()} to ${new Date(to).toISOString()}: ${decisions} decisions, best: ${champion ?? 'cannot be told'}`,
  ...Object.entries(presets).map((entry) => `  ${presetLine(entry)}`),
];

const evaluationText = (value: Evaluation): string => {
  const { forced, unrewarded, no_support } = value.left_out;
  return [
    `${value.decisions} free decisions that earned and in which every preset had a chance, in ${value.days} days; ε up to ${value.epsilon}; rewards in deviations, per rewarded decision`,
    `left out: ${forced} forced, ${unrewarded} without a reward, ${no_support} in which a preset had no chance (held by a guardrail, or not there yet)`,
    ...Object.entries(value.presets).map(presetLine),
    ...value.halves.flatMap(halfLines),
    value.prunable.length === 0
      ? 'nothing may be retired: no preset is surely worse than the best one in both halves'
      : `may be retired, surely worse than the best one in both halves: ${value.prunable.join(', ')}`,
  ].join('\n');
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
    return { value, text: evaluationText(value) };
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
