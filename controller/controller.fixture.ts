import { join } from 'node:path';
import { expect } from 'vitest';
import { freshDir } from '../ledger/fresh.fixture.ts';
import { loadStrategySchemas } from '../strategy_schemas/load.ts';
import { ControllerError, type ControllerErrorCode } from './errors.ts';
import { type ControllerOptions, openController } from './open.ts';

export const newPath = (): string => join(freshDir(), 'pc.sqlite');

/** A clock that a test moves. */
export const testClock = (start = 1_700_000_000_000) => {
  let now = start;
  return { clock: () => now, forward: (ms: number) => void (now += ms) };
};

export const open = (options: Partial<ControllerOptions> = {}) =>
  openController({
    schemas: loadStrategySchemas(),
    seed: 42,
    epsilon: 0,
    l2: 1,
    maxPresets: 12,
    decisionTtlMs: 900_000,
    ...options,
    path: options.path ?? newPath(),
  });

export const hmm = { strategy: 'hmm', instrument: 'BTCUSDT' };
export const breakout = { strategy: 'momentum_breakout', instrument: 'BTCUSDT' };

/** A controller with two presets of a strategy that has no schema. */
export const openWithPresets = (options: Partial<ControllerOptions> = {}) => {
  const controller = open(options);
  controller.register({ ...hmm, presetId: 'calm', params: { threshold: 0.6 } });
  controller.register({ ...hmm, presetId: 'bold', params: { threshold: 0.9 } });
  return controller;
};

/** Expects the refusal with this code, and gives it back. */
export const refusal = (work: () => unknown, code: ControllerErrorCode): ControllerError => {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(ControllerError);
    expect((error as ControllerError).code).toBe(code);
    return error as ControllerError;
  }
  throw new Error(`expected a refusal with ${code}`);
};
