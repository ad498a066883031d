import { HmmError } from '../hmm-error.ts';
import { covarianceSize, fromParameters } from '../model.ts';
import { checkConfig, configHash } from './config.ts';
import type { OnlineState } from './state.ts';

/**
 * A state as it was stored; throws `InvalidModel` unless schema, configuration hash and every shape and constraint hold.
 * Whether it is the one that was written is for the checksum of the file to say.
 */
export const readOnlineState = (state: OnlineState): OnlineState => {
  if (state.schema !== 'autotrain-online/1') refuse(`schema ${String(state.schema)}`);
  checkConfig(state.config);
  const hash = configHash(state.config);
  if (state.configHash !== hash) refuse(`its configuration hashes to ${hash}, not ${state.configHash}`);
  const { nStates: K, nFeatures: D } = fromParameters(state.model);
  const { statistics, pending, ground, filter } = state;
  numbers('filter', filter, K);
  if (Math.abs(filter.reduce((a, b) => a + b, 0) - 1) > 1e-9 || filter.some((p) => p < 0))
    refuse('its filter is not a distribution');
  numbers('statistics.centre', statistics.centre, D);
  numbers('statistics.start', statistics.start, K);
  numbers('statistics.transitions', statistics.transitions, K * K);
  numbers('statistics.weight', statistics.weight, K);
  numbers('statistics.sums', statistics.sums, K * D);
  numbers('statistics.products', statistics.products, covarianceSize('full', K, D));
  numbers('ground.centre', ground.centre, D);
  numbers('ground.pooled', ground.pooled, D * D);
  numbers('pending.rows', pending.rows, pending.bars.length * D);
  if (pending.before) numbers('pending.before', pending.before, K);
  bars(state);
  return state;
};

/** In a pool, bars wait for their round beyond the last bar. */
const bars = ({ firstBar, lastBar, absorbed, blocks, pending }: OnlineState): void => {
  for (const [name, value] of Object.entries({ firstBar, lastBar, absorbed, blocks })) {
    if (!Number.isSafeInteger(value)) refuse(`${name} is ${value}`);
  }
  const ascends = pending.bars.every((bar, i) => Number.isSafeInteger(bar) && !(bar <= pending.bars[i - 1]!));
  if (!ascends || lastBar < firstBar || pending.bars.at(-1)! < lastBar)
    refuse('its bars do not ascend to the last bar');
};

const numbers = (name: string, values: readonly number[], length: number): void => {
  if (values.length !== length || !values.every(Number.isFinite))
    refuse(`${name} is not ${length} finite numbers`);
};

const refuse = (what: string): never => {
  throw new HmmError('InvalidModel', `no state of online learning: ${what}`);
};
