import { existsSync } from 'node:fs';
import { tradingHeldIn } from '../controller/guardrails/carry-over.ts';
import { describeTrading, type TradingStateRow } from '../controller/guardrails/standing.ts';
import { describeKill, killIn, type TrainingKill } from '../ledger/training-kills.ts';
import { SnapshotError } from './errors.ts';
import type { Manifest } from './manifest.ts';
import type { Places } from './places.ts';

/** What is killed in the state that a restore replaces: a restore is no resume. */
export interface Kills {
  readonly training: TrainingKill | undefined;
  readonly trading: readonly TradingStateRow[];
  /** What could not be read, and so is not carried over. */
  readonly unknown: readonly Unknown[];
}

interface Unknown {
  readonly isDamaged: boolean;
  readonly line: string;
}

interface Found<T> {
  readonly held: T | undefined;
  readonly unknown: readonly Unknown[];
}

/** What `look` finds in a database; where it finds nothing out, why. */
const lookInto = <T>(path: string, what: string, look: (path: string) => T): Found<T> => {
  try {
    return { held: look(path), unknown: [] };
  } catch (error) {
    const isDamaged = existsSync(path);
    const state = isDamaged ? `cannot be read (${(error as Error).message})` : 'is gone';
    const line = `${path} ${state}: whether ${what} was killed is not known`;
    return { held: undefined, unknown: [{ isDamaged, line }] };
  }
};

/** Without a parameter store in the snapshot the one that is there stays, with its kills. */
const tradingIn = ({ controllerFile }: Places, manifest: Manifest): Found<readonly TradingStateRow[]> =>
  manifest.parameter_store ? lookInto(controllerFile, 'trading', tradingHeldIn) : { held: [], unknown: [] };

export const killsBefore = (places: Places, manifest: Manifest): Kills => {
  const training = lookInto(places.ledgerFile, 'training', killIn);
  const trading = tradingIn(places, manifest);
  return {
    training: training.held,
    trading: trading.held ?? [],
    unknown: [...training.unknown, ...trading.unknown],
  };
};

/** In words, for whoever restored. */
export const describeKills = ({ training, trading }: Kills): string[] => [
  ...(training ? [describeKill(training)] : []),
  ...trading.map(describeTrading),
];

/** What is lost cannot be read by anybody; what is there and damaged may hold a kill that somebody relies on. */
export const requireReadable = ({ unknown }: Kills): void => {
  const damaged = unknown.filter(({ isDamaged }) => isDamaged);
  if (damaged.length === 0) return;
  throw new SnapshotError(
    'Refused',
    `${damaged.map(({ line }) => line).join('; ')}; --without-kills restores all the same; then kill again what shall stay killed`,
  );
};
