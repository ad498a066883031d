/**
 * What a commit of the parameter store may be killed in, beside what the worlds of tests/chaos kill: each makes the state
 * that it finds and gives its arguments.
 */
import path from 'node:path';
import type { commits } from '../ledger/crash-points.ts';
import { breakout, hmm } from './controller.fixture.ts';
import type { Controller } from './open.ts';

export type KilledCommit = {
  [Name in keyof typeof commits]: (typeof commits)[Name] extends 'store' | 'ledger and store' ? Name : never;
}[keyof typeof commits];

/** Time stands still, so that two who do the same leave the same. */
export const nowMs = 1_700_000_000_000;

const by = { actor: 'ann', reason: 'a test' };
const decided = (controller: Controller, positionId?: string) =>
  controller.decide({ ...hmm, features: { ret: 1 }, ...(positionId !== undefined && { positionId }) });

const lost = (controller: Controller): void => {
  controller.decide({ ...breakout, features: {} });
  for (const equity of [100, 10]) controller.reportEquity({ ...breakout, equity, currency: 'USDT' });
};

/** What is asked of a store that has presets `calm`, `bold` and `wild`. */
export const acts: Readonly<
  Record<KilledCommit, (controller: Controller, dir: string) => readonly unknown[]>
> = {
  retire: () => [{ ...hmm, ...by, presetId: 'wild' }],
  recordSchemas: () => [{ momentum_breakout: { version: 2, hash: 'of another one' } }],
  pin: () => [{ ...hmm, ...by, presetId: 'bold' }],
  voidDecision: (controller) => [{ ...by, decisionId: decided(controller).decision_id }],
  closePosition: (controller) => {
    decided(controller, 'p1');
    return [{ ...hmm, positionId: 'p1' }];
  },
  reverse: (controller) => {
    const { decision_id: decisionId, preset_id: presetId } = decided(controller);
    controller.learn({ ...hmm, presetId, decisionId, outcomeId: 'o1', reward: 2 });
    return [{ ...by, outcomeId: 'o1' }];
  },
  reportEquity: (controller) => {
    controller.reportEquity({ equity: 100, currency: 'USDT' });
    return [{ equity: 10, currency: 'USDT' }];
  },
  kill: () => [{ ...hmm, ...by, state: 'HALTED' }],
  resume: (controller) => {
    controller.kill({ ...hmm, ...by, state: 'HALTED' });
    return [{ ...hmm, ...by }];
  },
  unlock: (controller) => {
    lost(controller);
    return [{ ...by, lockId: controller.standing().locks[0]!.id }];
  },
  openWindow: () => [{ ...hmm, ...by, epsilon: 0.1, hours: 1 }],
  compact: (controller) => {
    decided(controller);
    return [{ beforeMs: nowMs + 1 }];
  },
  rotateAudit: (controller, dir) => {
    controller.kill({ ...hmm, ...by, state: 'HALTED' });
    return [{ folder: path.join(dir, 'audit'), beforeMs: nowMs + 1 }];
  },
};
