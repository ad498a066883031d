import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { boundedLabel } from './bounded-label.ts';
import type { ControllerPort } from './ports.ts';

/** Strategies, and presets of strategies, that have a label of their own. */
const most = { strategies: 50, presets: 500 } as const;

const pairs = () => {
  const [strategies, presets] = [boundedLabel(most.strategies), boundedLabel(most.presets)];
  return (strategy: string, presetId: string) => {
    const label = strategies(strategy);
    const isKnown = presets(`${strategy} ${presetId}`) !== 'other';
    return { strategy: label, preset: label !== 'other' && isKnown ? presetId : 'other' };
  };
};

/** What the bandit chose and what that earned; and what holds it back. */
export const banditMetrics = (registers: Registry[]) => ({
  ...{ strategyLabel: boundedLabel(most.strategies), presetLabels: pairs() },
  decisions: new Counter({
    name: 'autotrain_decisions_total',
    help: 'Answered parameter decisions, by strategy.',
    labelNames: ['strategy'] as const,
    registers,
  }),
  decisionSeconds: new Histogram({
    name: 'autotrain_decision_duration_seconds',
    help: 'Time that a decision takes, the wait for the parameter store included.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2],
    registers,
  }),
  selections: new Counter({
    name: 'autotrain_bandit_selections_total',
    help: 'Decisions by the preset that they served.',
    labelNames: ['strategy', 'preset'] as const,
    registers,
  }),
  rewards: new Gauge({
    name: 'autotrain_bandit_reward_quote',
    help: 'Sum of the rewards that this gateway received since it started, in quote currency.',
    labelNames: ['strategy', 'preset'] as const,
    registers,
  }),
  outcomes: new Counter({
    name: 'autotrain_outcomes_total',
    help: 'Outcomes received, by strategy and whether they were seen before.',
    labelNames: ['strategy', 'duplicate'] as const,
    registers,
  }),
  tradingKilled: new Gauge({
    name: 'autotrain_trading_killed',
    help: 'Kill switches of trading that hold, by state: REDUCING or HALTED.',
    labelNames: ['state'] as const,
    registers,
  }),
  locks: new Gauge({
    name: 'autotrain_trading_locks_open',
    help: 'Locks of protections that are open.',
    registers,
  }),
});

type BanditMetrics = ReturnType<typeof banditMetrics>;

const killed = ['REDUCING', 'HALTED'] as const;

/** Read when it is asked for; a store that does not answer leaves the other numbers standing. */
export const observeTrading = async (
  { tradingKilled, locks }: BanditMetrics,
  controller: ControllerPort,
): Promise<void> => {
  try {
    const standing = await controller.standing();
    for (const state of killed)
      tradingKilled.set({ state }, standing.trading_states.filter((row) => row.state === state).length);
    locks.set(standing.locks.length);
  } catch {
    for (const state of killed) tradingKilled.set({ state }, Number.NaN);
    locks.set(Number.NaN);
  }
};
