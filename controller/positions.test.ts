import { describe, expect, test } from 'vitest';
import { breakout, hmm, open, openWithPresets, refusal, testClock } from './controller.fixture.ts';

const features = { ret: 0.0004, vol: 0.011 };
const by = { actor: 'ann', reason: 'a test' };
const eth = { ...breakout, instrument: 'ETHUSDT' };

/** Asks a new question each time: no open decision answers it. */
const asker = (controller: ReturnType<typeof open>) => {
  let asked = 0;
  return (positionId?: string, scope = breakout) => {
    asked += 1;
    const position = positionId === undefined ? {} : { positionId };
    return controller.decide({ ...scope, features: { vol: asked * 1e-7 }, ...position });
  };
};

describe('a position', () => {
  test('keeps the parameters that it was opened with until it is closed', () => {
    const time = testClock();
    const controller = openWithPresets({ clock: time.clock });
    const opened = controller.decide({ ...hmm, features, positionId: 'p1' });
    time.forward(86_400_000);
    controller.register({ ...hmm, presetId: opened.preset_id, params: { threshold: 0.01 } });
    const held = controller.decide({ ...hmm, features: { ret: 9 }, positionId: 'p1' });
    expect(held).toMatchObject({
      decision_id: opened.decision_id,
      params: opened.params,
      reason: 'position',
    });
    controller.closePosition({ positionId: 'p1' });
    expect(controller.decide({ ...hmm, features, positionId: 'p1' }).decision_id).not.toBe(
      opened.decision_id,
    );
  });

  test('that is not open cannot be closed', () => {
    refusal(() => open().closePosition({ positionId: 'p1' }), 'UnknownPosition');
  });
});

describe('one id of several instruments', () => {
  const opened = () => {
    const controller = open();
    const ask = asker(controller);
    const [btc, other] = [ask('1', breakout), ask('1', eth)];
    return { controller, ask, btc, other };
  };

  test('closes the one that is named, and the others keep their parameters', () => {
    const { controller, ask, btc, other } = opened();
    controller.closePosition({ positionId: '1', strategy: 'Momentum_Breakout', instrument: 'btc/usdt' });
    expect(ask('1', eth)).toMatchObject({ decision_id: other.decision_id, reason: 'position' });
    expect(ask('1', breakout).decision_id).not.toBe(btc.decision_id);
  });

  test('closes none where several may be meant, and says which; without names where one alone is open', () => {
    const { controller, ask, other } = opened();
    const { message } = refusal(() => controller.closePosition({ positionId: '1' }), 'Conflict');
    expect(message).toContain('momentum_breakout:BTCUSDT, momentum_breakout:ETHUSDT');
    refusal(() => controller.closePosition({ positionId: '1', strategy: 'momentum_breakout' }), 'Conflict');
    refusal(() => controller.closePosition({ positionId: '1', instrument: 'XRPUSDT' }), 'UnknownPosition');
    expect(ask('1', eth).decision_id).toBe(other.decision_id);
    controller.closePosition({ positionId: '1', instrument: 'BTCUSDT' });
    controller.closePosition({ positionId: '1' });
    expect(ask('1', eth).decision_id).not.toBe(other.decision_id);
  });
});

describe('a position that was opened with an earlier answer', () => {
  test('has that one from the first question that names it on, whatever was decided since', () => {
    const controller = open();
    const ask = asker(controller);
    for (let trade = 0; trade < 20; trade++) {
      const positionId = `p${trade}`;
      const first = ask();
      ask();
      const held = { decision_id: first.decision_id, params: first.params, reason: 'position' };
      expect(
        controller.decide({ ...breakout, features, positionId, decisionId: first.decision_id }),
      ).toMatchObject(held);
      expect(ask(positionId)).toMatchObject(held);
      expect(
        controller.decide({ ...breakout, features, positionId, decisionId: first.decision_id }),
      ).toMatchObject(held);
    }
  });

  test('keeps it under a kill, which the answer says', () => {
    const controller = open();
    const { decision_id: decisionId, params } = asker(controller)();
    controller.kill({ ...by, state: 'HALTED' });
    expect(controller.decide({ ...breakout, features, positionId: 'p1', decisionId })).toMatchObject({
      params,
      reason: 'position',
      trading_state: 'HALTED',
    });
  });

  test('is refused another decision than it has, one of elsewhere, a void one, and one that there is not', () => {
    const controller = open();
    const ask = asker(controller);
    const [has, other, elsewhere, empty] = [ask('p1'), ask(), ask(undefined, eth), ask()];
    controller.voidDecision({ ...by, decisionId: empty.decision_id });
    const hold = (decisionId: string, positionId = 'p2') =>
      controller.decide({ ...breakout, features, positionId, decisionId });
    const { message } = refusal(() => hold(other.decision_id, 'p1'), 'Conflict');
    expect(message).toContain(has.decision_id);
    refusal(() => hold(elsewhere.decision_id), 'Conflict');
    refusal(() => hold(empty.decision_id), 'Conflict');
    refusal(() => hold('nope'), 'UnknownDecision');
    refusal(() => controller.decide({ ...breakout, features, decisionId: other.decision_id }), 'InvalidData');
    expect(hold(other.decision_id)).toMatchObject({ decision_id: other.decision_id });
  });
});
