import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LinUcbReference } from '../bandit/reference/linucb.ts';
import { type LoggedDecisions, type OffPolicyReference, parseLog } from '../bandit/reference/off-policy.ts';
import type { PosteriorReference } from '../bandit/reference/posterior.ts';
import type { PropensityReference } from '../bandit/reference/propensity.ts';
import { parseStream } from '../bandit/reference/stream-file.ts';
import { type Step, simulatedStream } from '../bandit/streams.ts';

/** Streams by name, and the references that a folder of the form of ../shared/data/bandit has. */
export interface BanditFolder {
  readonly streams: Readonly<Record<string, readonly Step[]>>;
  readonly posterior?: PosteriorReference;
  readonly linUcb?: Readonly<Record<string, LinUcbReference>>;
  readonly propensity?: PropensityReference;
  readonly ope?: { readonly reference: OffPolicyReference; readonly logged: LoggedDecisions };
}

/** A broken file is named: what is wrong in it says less without. */
const reading = <T>(path: string, parse: (text: string) => T): T => {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
};

/** Every CSV with a header of a stream, but the log of decisions. */
const readStreams = (dir: string): Record<string, Step[]> =>
  Object.fromEntries(
    readdirSync(dir)
      .filter((name) => name.endsWith('.csv') && name !== 'ope-log.csv')
      .sort()
      .map((name) => [name.slice(0, -'.csv'.length), reading(join(dir, name), parseStream)]),
  );

/** Reads what is there. Throws with the file and the line that cannot be read, or when there is no stream. */
export const readBanditFolder = (dir: string): BanditFolder => {
  const streams = readStreams(dir);
  if (Object.keys(streams).length === 0) throw new Error(`${dir} holds no stream (*.csv)`);
  const optional = <T>(name: string, parse: (text: string) => T): T | undefined =>
    existsSync(join(dir, name)) ? reading(join(dir, name), parse) : undefined;
  const posterior = optional('posterior-ref.json', (text) => JSON.parse(text) as PosteriorReference);
  const linUcb = optional('linucb-ref.json', (text) => JSON.parse(text) as BanditFolder['linUcb']);
  const propensity = optional('propensity-ref.json', (text) => JSON.parse(text) as PropensityReference);
  const reference = optional('ope-ref.json', (text) => JSON.parse(text) as OffPolicyReference);
  const logged = optional('ope-log.csv', parseLog);
  return {
    streams,
    ...(posterior && { posterior }),
    ...(linUcb && { linUcb }),
    ...(propensity && { propensity }),
    ...(reference && logged && { ope: { reference, logged } }),
  };
};

const simulatedSteps = 5_000;

/** Without a folder: one stream of each kind, and nothing to compare with. */
export const simulatedFolder = (): BanditFolder => ({
  streams: {
    stationary: simulatedStream('stationary', simulatedSteps, 1),
    drift: simulatedStream('drift', simulatedSteps, 1),
  },
});
