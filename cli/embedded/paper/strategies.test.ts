import { describe, expect, it } from 'vitest';
import { minuteBars } from '../../../exchange/simulator/synthetic-market.ts';
import { loadStrategySchemas } from '../../../strategy_schemas/load.ts';
import type { Bar } from './bars.ts';
import { paperStrategies, rewardOf, type Trade } from './strategies.ts';

const market = (count: number): Bar[] => {
  const minutes = minuteBars({ seed: 7, stream: 1, startPrice: 100, typicalVolume: 10 });
  return Array.from({ length: count }, (_, i) => {
    const [open, high, low, close, volume] = minutes.next().value;
    return { openTimeMs: i * 60_000, open, high, low, close, volume };
  });
};

const bars = market(6_000);
const schemas = loadStrategySchemas();

describe.each(paperStrategies)('paper trades of $strategy', ({ strategy, open, isOver }) => {
  const presets = Object.entries(schemas.get(strategy)?.presets ?? {});

  it.each(presets)(
    '%s: a reward is side × units × move, within the risk that the preset allows',
    (_, given) => {
      const params = given as Readonly<Record<string, number>>;
      let held: Trade | undefined;
      const closed: { reward: number; trade: Trade; exit: number }[] = [];
      for (let at = 500; at < bars.length; at++) {
        const known = bars.slice(at - 500, at + 1);
        if (held === undefined) held = open(params, known);
        else if (isOver(params, held, known)) {
          closed.push({ reward: rewardOf(held, known), trade: held, exit: bars[at]!.close });
          held = undefined;
        }
      }
      expect(closed.length).toBeGreaterThan(5);
      for (const { reward, trade, exit } of closed) {
        expect(reward).toBeCloseTo(trade.side * trade.units * (exit - trade.entry), 9);
        expect(trade.units * trade.entry).toBeLessThanOrEqual(10_000.001);
      }
      const sides = new Set(closed.map(({ trade }) => trade.side));
      expect(sides, 'long and short').toEqual(new Set([1, -1]));
      expect(new Set(closed.map(({ reward }) => Math.sign(reward))), 'gains and losses').toEqual(
        new Set([1, -1]),
      );
    },
  );
});
