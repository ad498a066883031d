import type { Timeframe } from '../../series.ts';
import { createClock } from './clock.ts';
import { replaySource } from './replay.ts';
import type { RejectedRow } from './replay-file.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from './server.ts';
import { syntheticSource } from './synthetic.ts';
import { parseTime } from './times.ts';

export interface SimulatorSettings {
  /** SIM_REPLAY: a folder of candle files. Without it the candles are synthetic. */
  readonly simReplay?: string;
  /** SIM_UNTIL: an ISO date or epoch ms; the replay's clock stops there when that is before its end. */
  readonly simUntil?: string | number;
  /** SIM_SEED. */
  readonly simSeed?: number;
  /** Synthetic: the state directory's first start, epoch ms. Keep it, or the history moves. */
  readonly anchorMs: number;
  /** `BTC/USDT` or `BTCUSDT`; synthetic only: a replay has the symbols of its files. */
  readonly symbols?: readonly string[];
  readonly timeframe: Timeframe;
  readonly port?: number;
  readonly faults?: SimulatorOptions['faults'];
}

/** Reads SIM_UNTIL. A date without a time is its midnight in UTC. */
export const parseUntil = (until: string | number): number => {
  try {
    return parseTime(String(until));
  } catch (error) {
    throw new Error(`SIM_UNTIL ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
};

const replaying = (settings: SimulatorSettings, folder: string) => {
  const until = settings.simUntil === undefined ? {} : { untilMs: parseUntil(settings.simUntil) };
  const source = replaySource({ folder, timeframe: settings.timeframe, ...until });
  return { source, clock: createClock({ startMs: source.startMs }), rejected: source.rejected };
};

const making = ({ simSeed, anchorMs, symbols }: SimulatorSettings) => {
  const ids = symbols?.map((symbol) => symbol.replace('/', ''));
  const source = syntheticSource({ seed: simSeed ?? 42, anchorMs, ...(ids && { symbols: ids }) });
  const clock = createClock({ startMs: Math.max(Date.now(), source.startMs), speed: 1 });
  return { source, clock, rejected: [] };
};

/** The simulator of embedded mode. `rejected` lists the rows of replay files that are no candles: show them. */
export const simulatorFromConfig = async (
  settings: SimulatorSettings,
): Promise<Simulator & { readonly rejected: readonly RejectedRow[] }> => {
  const { rejected, ...parts } = settings.simReplay
    ? replaying(settings, settings.simReplay)
    : making(settings);
  const { port, faults } = settings;
  const simulator = await startSimulator({ ...parts, ...(port && { port }), ...(faults && { faults }) });
  return { ...simulator, rejected };
};
