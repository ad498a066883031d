import { existsSync } from 'node:fs';
import { tradingHeldIn } from '../controller/guardrails/carry-over.ts';
import type { TradingStateRow } from '../controller/guardrails/standing.ts';
import { killIn } from '../ledger/epoch.ts';
import { describeKill, type TrainingKill } from '../ledger/training-kills.ts';
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

const unreadable = (path: string, what: string): Found<never> => {
  const isDamaged = existsSync(path);
  const line = `${path} ${isDamaged ? 'cannot be read' : 'is gone'}: whether ${what} was killed is not known`;
  return { held: undefined, unknown: [{ isDamaged, line }] };
};

const trainingIn = ({ ledgerFile }: Places): Found<TrainingKill> => {
  const found = killIn(ledgerFile);
  return found ? { held: found.kill, unknown: [] } : unreadable(ledgerFile, 'training');
};

/** Without a parameter store in the snapshot the one that is there stays, with its kills. */
const tradingIn = (places: Places, manifest: Manifest): Found<readonly TradingStateRow[]> => {
  if (!manifest.parameter_store) return { held: [], unknown: [] };
  const held = tradingHeldIn(places.controllerFile);
  return held ? { held, unknown: [] } : unreadable(places.controllerFile, 'trading');
};

export const killsBefore = (places: Places, manifest: Manifest): Kills => {
  const training = trainingIn(places);
  const trading = tradingIn(places, manifest);
  return {
    training: training.held,
    trading: trading.held ?? [],
    unknown: [...training.unknown, ...trading.unknown],
  };
};

const describeTrading = ({ target, state, actor, since, reason }: TradingStateRow): string =>
  `trading of ${target === '*' ? 'everything' : target} is ${state} since ${new Date(since).toISOString()} (by ${actor}): ${reason}`;

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
