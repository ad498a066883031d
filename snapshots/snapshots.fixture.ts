import { onTestFinished } from 'vitest';
import { loadConfig } from '../config.ts';
import { openController } from '../controller/open.ts';
import { loadStrategySchemas } from '../strategy_schemas/load.ts';
import { filledState } from '../tests/processes/filled-state.ts';
import { placesOf } from './places.ts';
import { takeSnapshot } from './take.ts';

/** A trained state of two versions, the second one champion, with a parameter store that made one decision. */
export const trainedState = () => {
  const state = filledState(2, 3);
  onTestFinished(() => state.remove());
  state.promote(2, 'first');
  state.promote(3, 'second');
  const places = placesOf(loadConfig(state.env));
  const controller = openStore(places.controllerFile);
  const decision = controller.decide({
    ...{ strategy: 'momentum_breakout', instrument: 'BTCUSDT', features: { vol: 0.02 }, context: {} },
  });
  controller.close();
  const take = (atMs = Date.now()) => takeSnapshot({ places, atMs });
  return { ...state, places, take, decisionId: decision.decision_id };
};

export const openStore = (path: string) =>
  openController({
    ...{ path, domain: 'production', schemas: loadStrategySchemas(), seed: 42 },
    ...{ epsilon: 0, l2: 1, maxPresets: 12, decisionTtlMs: 900_000 },
  });
