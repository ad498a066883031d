import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { banditMetrics, observeTrading } from './bandit-metrics.ts';
import { boundedLabel } from './bounded-label.ts';

it('names that a client makes up do not make labels without end', () => {
  const label = boundedLabel(2);
  expect(['a', 'b', 'c', 'a', 'd', 'b'].map(label)).toEqual(['a', 'b', 'other', 'a', 'other', 'b']);
});

it('ten thousand presets of a thousand strategies stay within 501 pairs of labels', async () => {
  const metrics = banditMetrics([new Registry()]);
  for (let i = 0; i < 10_000; i++)
    metrics.selections.inc(metrics.presetLabels(`strategy${i % 1_000}`, `preset${i}`));
  const { values } = await metrics.selections.get();
  expect(values.length).toBeLessThanOrEqual(501);
  expect(new Set(values.map(({ labels }) => labels['strategy'])).size).toBeLessThanOrEqual(51);
  expect(values.reduce((sum, { value }) => sum + value, 0)).toBe(10_000);
  expect(values).toContainEqual({ labels: { strategy: 'strategy7', preset: 'preset7' }, value: 1 });
});

it('a parameter store that does not answer is no state of trading', async () => {
  const metrics = banditMetrics([new Registry()]);
  const answering = { trading_states: [{ state: 'HALTED' }, { state: 'HALTED' }], locks: [{}] };
  const read = async (standing: () => unknown) => {
    await observeTrading(metrics, { standing } as never);
    return (await metrics.tradingKilled.get()).values.map(({ labels, value }) => [labels['state'], value]);
  };
  expect(await read(() => answering)).toEqual([
    ['REDUCING', 0],
    ['HALTED', 2],
  ]);
  const broken = await read(() => {
    throw new Error('the thread is gone');
  });
  expect(broken).toEqual([
    ['REDUCING', Number.NaN],
    ['HALTED', Number.NaN],
  ]);
});
