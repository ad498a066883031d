/**
 * `npm run bandit:check -- [DIR] [--epsilon E] [--seeds N] [--json]`: what a folder of the form of ../shared/data/bandit
 * says of the bandit: errors against its references, regret on its streams, and the value of each preset by DR from
 * decisions that explored with ε, against the truth. A file that the folder lacks is left out (null); without a folder,
 * streams are simulated. Exit code 1 when something differs or learns no better than chance, 2 on wrong use.
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { type JudgedArm, judgedArms } from '../bandit/reference/judged.ts';
import { isLinUcbIdentical } from '../bandit/reference/linucb.ts';
import { offPolicyErrors } from '../bandit/reference/off-policy.ts';
import { posteriorError } from '../bandit/reference/posterior.ts';
import { propensityError } from '../bandit/reference/propensity.ts';
import { contestants, type Regret, regretsOf, summaryOf } from '../bandit/reference/regret.ts';
import { type BanditFolder, readBanditFolder, simulatedFolder } from './bandit-folder.ts';

const usage = 'usage: npm run bandit:check -- [DIR] [--epsilon 0..1] [--seeds N] [--json]';

export interface BanditCheckOptions {
  /** Share of uniform draws in the decisions that presets are judged by, and of epsilon-greedy. */
  readonly epsilon: number;
  readonly seeds: number;
}

type RegretTable = Readonly<Record<string, Readonly<Record<string, Regret>>>>;

/** Numbers equal the references to these; DESIGN of the bars: posteriors and chances 1e-9, values 1e-8. */
const limits = { posteriorMaxError: 1e-9, propensityMaxError: 1e-9, opeMaxError: 1e-8 } as const;

const regretTable = ({ streams }: BanditFolder, { epsilon, seeds }: BanditCheckOptions): RegretTable =>
  Object.fromEntries(
    Object.entries(contestants(epsilon)).map(([name, contestant]) => [
      name,
      Object.fromEntries(
        Object.entries(streams).map(([stream, steps]) => [
          stream,
          summaryOf(regretsOf(steps, contestant, seeds)),
        ]),
      ),
    ]),
  );

/** Every stream that the reference knows, choice for choice. */
const linUcbOf = ({ linUcb, streams }: BanditFolder): boolean | null => {
  const known = Object.entries(linUcb ?? {}).filter(([stream]) => streams[stream]);
  if (known.length === 0) return null;
  return known.every(([stream, reference]) => isLinUcbIdentical(reference, streams[stream]!));
};

const errorsOf = ({ posterior, streams, propensity, ope }: BanditFolder) => ({
  posteriorMaxError:
    posterior && streams['stationary'] ? posteriorError(posterior, streams['stationary']) : null,
  propensityMaxError: propensity ? propensityError(propensity) : null,
  opeMaxError: ope ? Math.max(...Object.values(offPolicyErrors(ope.reference, ope.logged))) : null,
});

const isWithin = (errors: ReturnType<typeof errorsOf>): boolean =>
  Object.entries(limits).every(([name, limit]) => (errors[name as keyof typeof limits] ?? 0) <= limit);

const learns = ({ uniform, ...learned }: RegretTable): boolean =>
  Object.values(learned).every((streams) =>
    Object.entries(streams).every(([stream, { mean }]) => mean < uniform![stream]!.mean),
  );

/** 95 % intervals miss now and then: the share that holds may fall to 0.7. */
const holdsEnough = (judged: readonly JudgedArm[]): boolean =>
  judged.filter(({ held }) => held).length >= 0.7 * judged.length;

export const banditCheck = (folder: BanditFolder, options: BanditCheckOptions) => {
  const errors = errorsOf(folder);
  const linucbIdentical = linUcbOf(folder);
  const regret = regretTable(folder, options);
  const judged = Object.fromEntries(
    Object.entries(folder.streams).map(([stream, steps]) => [
      stream,
      judgedArms(steps, { epsilon: options.epsilon, seed: 1 }),
    ]),
  );
  const ok =
    isWithin(errors) &&
    linucbIdentical !== false &&
    learns(regret) &&
    holdsEnough(Object.values(judged).flat());
  return { ok, epsilon: options.epsilon, linucbIdentical, ...errors, regret, judged };
};

type BanditCheck = ReturnType<typeof banditCheck>;

const exact = (value: number | null): string => (value === null ? 'no reference' : value.toExponential(1));

const regretLine = ([name, streams]: [string, Readonly<Record<string, Regret>>]): string =>
  `  ${name.padEnd(14)}${Object.entries(streams)
    .map(([stream, { mean, sd, seeds }]) => `${stream} ${mean.toFixed(0)} ± ${sd.toFixed(0)} (${seeds})`)
    .join('   ')}`;

const armLine = ({ arm, truth, dr, low, high, held, effectiveSampleSize }: JudgedArm): string =>
  `  preset ${arm}  truth ${truth.toFixed(3).padStart(7)}  DR ${dr.toFixed(3).padStart(7)} [${low.toFixed(3)}, ${high.toFixed(3)}]${held ? '' : '  missed'}  effective decisions ${effectiveSampleSize.toFixed(0)}`;

const describe = (result: BanditCheck): string =>
  [
    `posterior ${exact(result.posteriorMaxError)} · LinUCB ${result.linucbIdentical === null ? 'no reference' : result.linucbIdentical ? 'identical' : 'differs'} · propensities ${exact(result.propensityMaxError)} · off-policy values ${exact(result.opeMaxError)}`,
    'regret, mean ± deviation (seeds):',
    ...Object.entries(result.regret).map(regretLine),
    ...Object.entries(result.judged).flatMap(([stream, arms]) => [
      `${stream}, judged with ε = ${result.epsilon}:`,
      ...arms.map(armLine),
    ]),
    result.ok ? 'all as it should be' : 'not as it should be',
  ].join('\n');

const readOptions = (argv: readonly string[]) => {
  const text = (fallback: string) => ({ type: 'string', default: fallback }) as const;
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { epsilon: text('0.1'), seeds: text('20'), json: { type: 'boolean', default: false } },
  });
  const [epsilon, seeds] = [values.epsilon, values.seeds].map(Number) as [number, number];
  if (!(epsilon >= 0 && epsilon <= 1))
    throw new RangeError(`--epsilon must be from 0 to 1, not ${values.epsilon}`);
  if (!Number.isInteger(seeds) || seeds < 1 || seeds > 1_000)
    throw new RangeError(`--seeds must be a whole number from 1 to 1000, not ${values.seeds}`);
  if (positionals.length > 1) throw new RangeError(`one folder, not ${positionals.join(' ')}`);
  return { epsilon, seeds, json: values.json, dir: positionals[0] };
};

/** The answer and the exit code. */
export const banditCheckCommand = (
  argv: readonly string[],
): { readonly code: number; readonly text: string } => {
  try {
    const { json, dir, ...options } = readOptions(argv);
    const result = banditCheck(dir === undefined ? simulatedFolder() : readBanditFolder(dir), options);
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
