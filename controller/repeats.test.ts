import { describe, expect, test } from 'vitest';
import { loadStrategySchemas } from '../strategy_schemas/load.ts';
import { breakout, newPath, open, openWithPresets, testClock } from './controller.fixture.ts';

const schema = loadStrategySchemas().get('momentum_breakout')!;
const safe = schema.presets[schema.safe_default];
const by = { actor: 'ann', reason: 'a test' };
const question = { ...breakout, features: { vol: 0.01 }, requestKey: 'k' };

/** Answers with another preset than the safe default. Hysteresis holds what is served first, so each try has an instrument of its own. */
const sampledRisk = (controller: ReturnType<typeof open>) => {
  for (let tries = 0; tries < 200; tries++) {
    const asked = { ...question, instrument: `T${tries}USDT` };
    const answer = controller.decide(asked);
    if (answer.preset_id !== schema.safe_default) return { asked, answer };
  }
  throw new Error('no other preset was drawn');
};

describe('a repeated question', () => {
  test('gets the safe default under a kill, on record, and from then on', () => {
    const path = newPath();
    const controller = open({ path });
    const { asked, answer } = sampledRisk(controller);
    expect(controller.decide(asked)).toMatchObject({ decision_id: answer.decision_id, reason: 'sampled' });
    controller.kill({ ...by, state: 'HALTED' });
    const killed = controller.decide(asked);
    expect(killed).toMatchObject({ params: safe, reason: 'kill', trading_state: 'HALTED' });
    expect(killed.decision_id).not.toBe(answer.decision_id);
    expect(controller.decisions({ limit: 1 })[0]).toMatchObject({
      decision_id: killed.decision_id,
      forced_by: 'kill',
      repeats: answer.decision_id,
    });
    controller.close();
    const again = open({ path });
    expect(again.decide(asked).decision_id).toBe(killed.decision_id);
    again.resume(by);
    expect(again.decide(asked)).toMatchObject({ decision_id: killed.decision_id, params: safe });
  });

  test('gets the safe default under a lock, and another decision under another lock', () => {
    const time = testClock();
    const controller = open({ clock: time.clock });
    const { asked, answer } = sampledRisk(controller);
    const market = (behindMs: number, trainedAgoMs: number) => ({
      candlesTo: time.clock() - behindMs,
      trainedTo: time.clock() - trainedAgoMs,
      timeframeMs: 60_000,
    });
    const stale = controller.decide({ ...asked, market: market(3_600_000, 0) });
    expect(stale).toMatchObject({ params: safe, reason: 'lock:stale_market' });
    const old = controller.decide({ ...asked, market: market(0, 800 * 3_600_000) });
    expect(old).toMatchObject({ params: safe, reason: 'lock:stale_model' });
    expect(new Set([answer, stale, old].map(({ decision_id }) => decision_id)).size).toBe(3);
  });

  test.each(['retired', 'replaced'])('gets another preset where its own was %s', (how) => {
    const controller = open();
    const { asked, answer } = sampledRisk(controller);
    const preset = { ...breakout, instrument: asked.instrument, presetId: answer.preset_id };
    if (how === 'retired') controller.retire({ ...by, ...preset });
    else controller.register({ ...preset, params: { ...answer.params, stop_atr: 3.5 } });
    const again = controller.decide(asked);
    expect(again.decision_id).not.toBe(answer.decision_id);
    expect(again.params).not.toEqual(answer.params);
    expect(controller.decide(asked).decision_id).toBe(again.decision_id);
  });

  test('stays the same decision under a pin, which is no protection', () => {
    const controller = openWithPresets();
    const asked = { strategy: 'hmm', instrument: 'BTCUSDT', features: {}, requestKey: 'k' };
    const answer = controller.decide(asked);
    const presetId = answer.preset_id === 'calm' ? 'bold' : 'calm';
    controller.pin({ ...by, strategy: 'hmm', instrument: 'BTCUSDT', presetId });
    expect(controller.decide(asked).decision_id).toBe(answer.decision_id);
  });
});
