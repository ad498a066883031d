/** `npm run chaos -- --rounds N --seed S [--json]`: kills parts of the real loop at random, and says whether anything was lost. */
import { parseArgs } from 'node:util';
import { setup } from '../../scripts/setup.mjs';
import { playRounds, type Report } from './rounds.ts';

const wholeNumber = (name: string, text: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`--${name} ${text}: a whole number is allowed`);
};

const readArguments = () => {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
    },
  });
  const { rounds, seed, json } = values;
  return { rounds: wholeNumber('rounds', rounds), seed: wholeNumber('seed', seed), json };
};

const asText = ({ points, failures, ...numbers }: Report): string =>
  [
    ...Object.entries(numbers).map(([name, value]) => `${name}: ${value}`),
    ...Object.entries(points).map(([point, hits]) => `  ${hits} × ${point}`),
    ...failures,
    ...(failures.length > 0
      ? [`to see it again: npm run chaos -- --rounds ${numbers.rounds} --seed ${numbers.seed}`]
      : []),
  ].join('\n');

const run = async (): Promise<void> => {
  const { json, ...wanted } = readArguments();
  const { temporalPath } = await setup({ build: true, ownServer: true });
  const report = await playRounds({ ...wanted, temporalPath, say: (line) => console.error(line) });
  console.log(json ? JSON.stringify(report) : asText(report));
  process.exit(report.failures.length > 0 ? 1 : 0);
};

await run().catch((error: unknown) => {
  console.error(`chaos: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.exit(1);
});
