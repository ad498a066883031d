import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Config } from '../../config.ts';
import { simulatorFromConfig } from '../../exchange/simulator/from-config.ts';
import { readNote, writeNote } from './note.ts';

/** The real exchange is used when one is named and nothing asks for a simulation. */
export const wantsSimulator = ({ explicit, exchange }: Config): boolean => {
  if (exchange.url !== undefined) return false;
  const simulated = explicit.has('SIM_REPLAY') || explicit.has('SIM_SEED') || explicit.has('SIM_UNTIL');
  return simulated || !explicit.has('EXCHANGE');
};

const anchorSchema = z.object({ anchorMs: z.int() });

/** With another anchor it would have other candles than those that are stored. */
const lostAnchor = (problem: string, ledgerFile: string): Error =>
  new Error(
    `${problem}: it says when the simulated exchange began, {"anchorMs": <epoch ms>}, and ${ledgerFile} holds candles of it; write that moment into it, or set STATE_DIR to another folder to begin anew`,
  );

/** The history of the synthetic exchange ends where this state directory was first started; then it goes on live. */
const anchorOf = ({ stateDir, paths }: Config): number => {
  const file = path.join(stateDir, 'simulator.json');
  const note = readNote(file, anchorSchema);
  if (note?.value) return note.value.anchorMs;
  if (note?.problem && existsSync(paths.ledgerFile)) throw lostAnchor(note.problem, paths.ledgerFile);
  const anchorMs = Date.now();
  writeNote(file, { anchorMs });
  return anchorMs;
};

export const startSimulation = async (config: Config) => {
  const { simulator, series, exchange } = config;
  if (exchange.id !== 'binance') {
    throw new Error(
      `EXCHANGE=${exchange.id}: the simulator speaks binance only; leave SIM_* unset for the real ${exchange.id}`,
    );
  }
  return await simulatorFromConfig({
    simSeed: simulator.seed,
    anchorMs: anchorOf(config),
    symbols: series.map(({ symbol }) => symbol),
    timeframe: exchange.timeframe,
    ...(simulator.replayDir === undefined ? {} : { simReplay: simulator.replayDir }),
    ...(simulator.untilMs === undefined ? {} : { simUntil: simulator.untilMs }),
  });
};

/** Before any candle of a replay: the series begin with its first one. */
const beforeEverything = '100000000000';

/** What the children are told instead of the defaults: courtesy pauses are for real exchanges. */
export const simulatorEnv = (config: Config, url: string): NodeJS.ProcessEnv => ({
  EXCHANGE_URL: url,
  // It listens on this machine.
  ...{ EXCHANGE_PROXY: '', EXCHANGE_PROXY_FILE: '' },
  ...(config.explicit.has('SLEEP_MS') ? {} : { SLEEP_MS: '0' }),
  ...(config.simulator.replayDir !== undefined && config.exchange.startMs === undefined
    ? { START_TS: beforeEverything }
    : {}),
});
