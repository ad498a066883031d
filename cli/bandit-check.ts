/**
 * `npm run bandit:check -- [--epsilon E] [--seed S] [--steps N] [--json]`: plays simulated streams whose truth is known.
 * Regret of each way of forgetting; and the value of each preset by DR, from decisions that explored with ε, against the
 * truth. Exit code 1 when learning does not beat chance or fewer than 7 of 10 intervals hold the truth, 2 on wrong use.
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { adaptiveRates, type Rate } from '../bandit/forgetting.ts';
import { crossFitted } from '../bandit/ope/cross-fit.ts';
import { alwaysArm, type BanditLog, evaluatePolicy } from '../bandit/ope/estimators.ts';
import { play } from '../bandit/play.ts';
import { type Step, simulatedStream } from '../bandit/streams.ts';

const usage = 'usage: npm run bandit:check -- [--epsilon 0..1] [--seed N] [--steps N] [--json]';

const forgetting: Readonly<Record<string, readonly Rate[]>> = {
  'half-life 346 (default)': [{ halfLife: 346, v: 0.25 }],
  adaptive: adaptiveRates,
  never: [{ halfLife: Number.POSITIVE_INFINITY, v: 0.25 }],
};

const linTs = (epsilon: number) => ({ algorithm: 'lin_ts', v: 0.25, epsilon }) as const;

const regretsOf = (steps: readonly Step[], seed: number) => {
  const uniform = { algorithm: 'epsilon_greedy', epsilon: 1 } as const;
  const chance = play(steps, { policy: uniform, rates: forgetting['never']!, lambda: 1, seed }).regret;
  const learned = Object.entries(forgetting).map(
    ([name, rates]) => [name, play(steps, { policy: linTs(0), rates, lambda: 1, seed }).regret] as const,
  );
  return { chance, ...Object.fromEntries(learned) } as Record<string, number>;
};

/** What each arm is worth by DR from a log that explored, beside the truth. */
const valuesOf = (steps: readonly Step[], epsilon: number, seed: number) => {
  const player = { policy: linTs(epsilon), rates: forgetting['half-life 346 (default)']!, lambda: 1, seed };
  const { choices, odds } = play(steps, player);
  const arms = steps[0]!.means.length;
  // The first steps play each arm once, by force.
  const kept = steps.slice(arms);
  const log: BanditLog = {
    arms,
    served: Int32Array.from(choices.slice(arms)),
    rewards: Float64Array.from(kept, ({ rewards }, i) => rewards[choices[i + arms]!]!),
    propensities: Float64Array.from(odds.slice(arms).flatMap((shares) => [...shares])),
  };
  const forecasts = crossFitted(
    log,
    kept.map(({ x }) => x),
  );
  return Array.from({ length: arms }, (_, arm) => {
    const { dr, effectiveSampleSize } = evaluatePolicy(log, { target: alwaysArm(log, arm), forecasts });
    const truth = kept.reduce((sum, { means }) => sum + means[arm]!, 0) / kept.length;
    const held = dr.low <= truth && truth <= dr.high;
    return { arm, truth, dr: dr.value, low: dr.low, high: dr.high, held, effectiveSampleSize };
  });
};

export interface BanditCheckOptions {
  /** Share of uniform draws in the decisions that presets are judged by. */
  readonly epsilon: number;
  readonly seed: number;
  readonly steps: number;
}

export const banditCheck = ({ epsilon, seed, steps }: BanditCheckOptions) => {
  const streams = (['stationary', 'drift'] as const).map((kind) => {
    const stream = simulatedStream(kind, steps, seed);
    return { kind, regret: regretsOf(stream, seed), presets: valuesOf(stream, epsilon, seed) };
  });
  const learns = streams.every(({ regret: { chance, ...learned } }) =>
    Object.values(learned).every((regret) => regret < chance!),
  );
  const held = streams.flatMap(({ presets }) => presets).filter((preset) => preset.held).length;
  return { ok: learns && held >= 7, epsilon, seed, steps, streams, intervals_that_hold_the_truth: held };
};

type BanditCheck = ReturnType<typeof banditCheck>;

const describe = ({
  ok,
  epsilon,
  seed,
  steps,
  streams,
  intervals_that_hold_the_truth: held,
}: BanditCheck): string =>
  [
    `ε = ${epsilon} while judging, seed ${seed}, ${steps} steps, 5 presets, 7 features, noise 1`,
    ...streams.flatMap(({ kind, regret, presets }) => [
      '',
      `${kind}: regret  ${Object.entries(regret)
        .map(([name, value]) => `${name} ${value.toFixed(0)}`)
        .join(' · ')}`,
      ...presets.map(
        ({ arm, truth, dr, low, high, held: holds, effectiveSampleSize }) =>
          `  preset ${arm}  truth ${truth.toFixed(3).padStart(7)}  DR ${dr.toFixed(3).padStart(7)} [${low.toFixed(3)}, ${high.toFixed(3)}]${holds ? '' : '  missed'}  effective decisions ${effectiveSampleSize.toFixed(0)}`,
      ),
    ]),
    '',
    `${held} of 10 intervals hold the truth${ok ? '' : ': not as it should be'}`,
  ].join('\n');

const readOptions = (argv: readonly string[]): BanditCheckOptions & { json: boolean } => {
  const text = (fallback: string) => ({ type: 'string', default: fallback }) as const;
  const { values } = parseArgs({
    args: [...argv],
    options: {
      epsilon: text('0.1'),
      seed: text('1'),
      steps: text('5000'),
      json: { type: 'boolean', default: false },
    },
  });
  const [epsilon, seed, steps] = [values.epsilon, values.seed, values.steps].map(Number) as [
    number,
    number,
    number,
  ];
  if (!(epsilon >= 0 && epsilon <= 1))
    throw new RangeError(`--epsilon must be from 0 to 1, not ${values.epsilon}`);
  if (!Number.isInteger(seed)) throw new RangeError(`--seed must be a whole number, not ${values.seed}`);
  if (!Number.isInteger(steps) || steps < 100 || steps > 1_000_000)
    throw new RangeError(`--steps must be a whole number from 100 to 1000000, not ${values.steps}`);
  return { epsilon, seed, steps, json: values.json };
};

/** The answer and the exit code. */
export const banditCheckCommand = (
  argv: readonly string[],
): { readonly code: number; readonly text: string } => {
  try {
    const { json, ...options } = readOptions(argv);
    const result = banditCheck(options);
    return { code: result.ok ? 0 : 1, text: json ? JSON.stringify(result) : describe(result) };
  } catch (error) {
    return { code: 2, text: `${(error as Error).message}\n${usage}` };
  }
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { code, text } = banditCheckCommand(process.argv.slice(2));
  (code === 2 ? process.stderr : process.stdout).write(`${text}\n`);
  process.exitCode = code;
}
