import { expect, test } from 'vitest';
import { breakout, openWithPresets } from './controller.fixture.ts';

test('a decision says what all its partial closes earned, however many they are, and not what was taken back', () => {
  const controller = openWithPresets();
  const first = controller.decide({ ...breakout, features: { ret: 0.001 } });
  const second = controller.decide({ ...breakout, features: { ret: 0.002 } });
  const learn = ({ decision_id: decisionId, preset_id: presetId }: typeof first, reward: number, n: number) =>
    controller.learn({ ...breakout, presetId, decisionId, reward, outcomeId: `${decisionId}-${n}` });
  for (let n = 1; n <= 20; n++) learn(first, 0.5, n);
  for (let n = 1; n <= 300; n++) learn(second, n % 2 === 0 ? 2 : -1, n);
  controller.reverse({ outcomeId: `${second.decision_id}-300`, actor: 'ann', reason: 'busted' });
  const third = controller.decide({ ...breakout, features: { ret: 0.003 } });
  expect(
    controller
      .decisions({ limit: 3 })
      .map(({ decision_id, reward_sum, outcome_count }) => [decision_id, reward_sum, outcome_count]),
  ).toEqual([
    [third.decision_id, null, 0],
    [second.decision_id, 148, 300],
    [first.decision_id, 10, 20],
  ]);
});
