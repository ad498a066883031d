import { describe, expect, test } from 'vitest';
import { loadStrategySchemas } from '../strategy_schemas/load.ts';
import { hashOf } from './canonical.ts';
import { breakout, hmm, newPath, open, refusal } from './controller.fixture.ts';
import { editionsOf } from './served-schemas.ts';

const bundled = loadStrategySchemas();
const schema = bundled.get('momentum_breakout')!;
const other = new Map(bundled).set(schema.strategy, { ...schema, version: 2 });
const auditOf = (controller: ReturnType<typeof open>) => controller.audit({ limit: 50 }).reverse();

describe('registering', () => {
  test('is in the audit log with who, and a hash of what, once for each change', () => {
    const controller = open();
    const register = (threshold: number) =>
      controller.register({ ...hmm, presetId: 'calm', params: { threshold }, actor: 'key:1' });
    for (const threshold of [0.6, 0.6, 0.7, 0.6]) register(threshold);
    refusal(() => controller.register({ ...hmm, presetId: 'calm', params: null as never }), 'InvalidPreset');
    const act = { actor: 'key:1', action: 'register', target: 'hmm:BTCUSDT' };
    const detail = (threshold: number) => ({ presetId: 'calm', params: hashOf({ threshold }) });
    expect(auditOf(controller)).toMatchObject([
      { ...act, reason: 'a new preset', detail: detail(0.6) },
      { ...act, reason: 'other parameters than before', detail: detail(0.7) },
      { ...act, reason: 'parameters that it had before', detail: detail(0.6) },
    ]);
  });

  test('what a schema already gives changes nothing', () => {
    const controller = open();
    const params = schema.presets['fast']!;
    controller.register({ ...breakout, presetId: 'fast', params, actor: 'key:1' });
    expect(auditOf(controller)).toEqual([]);
  });
});

describe('a changed schema', () => {
  const editions = (schemas: typeof bundled) => editionsOf(schemas);
  const row = {
    actor: 'strategy_schemas',
    action: 'schema',
    target: 'momentum_breakout',
    detail: { from: editions(bundled)['momentum_breakout'], to: editions(other)['momentum_breakout'] },
  };

  test('is in the audit log with version and hash of before and after, once for all that follow it', () => {
    const path = newPath();
    const both = [open({ path }), open({ path })];
    for (const controller of both) controller.recordSchemas(editions(other));
    for (const controller of both) controller.recordSchemas(editions(other));
    expect(auditOf(both[0]!)).toMatchObject([{ ...row, reason: 'its schema changed' }]);
    expect(row.detail.from).toMatchObject({ version: 1 });
    expect(row.detail.to).toMatchObject({ version: 2 });
    both[1]!.recordSchemas(editions(bundled));
    expect(auditOf(both[0]!)).toHaveLength(2);
  });

  test('is in it too when it changed while nobody served, came, or went', () => {
    const path = newPath();
    open({ path }).close();
    open({ path, schemas: other }).close();
    open({ path, schemas: new Map([...other].slice(1)) }).close();
    const controller = open({ path, schemas: other });
    const gone = [...other.keys()][0];
    expect(auditOf(controller)).toMatchObject([
      row,
      { target: gone, reason: 'its schema is gone', detail: { to: null } },
      { target: gone, reason: 'its schema is new', detail: { from: null } },
    ]);
  });
});
