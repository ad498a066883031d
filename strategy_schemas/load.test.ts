import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { freshDir } from '../ledger/fresh.fixture.ts';
import { violations } from './bounds.ts';
import { loadStrategySchemas, readStrategySchema } from './load.ts';
import type { StrategySchema } from './schema.ts';

const good = readFileSync(new URL('./momentum_breakout.yaml', import.meta.url), 'utf8');

const read = (text: string, name = 'momentum_breakout.yaml') => {
  const file = join(freshDir(), name);
  writeFileSync(file, text);
  return () => readStrategySchema(file);
};

describe('the bundled schemas', () => {
  const schemas = loadStrategySchemas();
  test('hold the strategies', () => {
    expect([...schemas.keys()]).toEqual([
      'market_making',
      'mean_reversion',
      'momentum_breakout',
      'pairs_trading',
      'trend_following',
      'vwap_participation',
    ]);
  });
  test.each([...schemas.values()])(
    '$strategy: safe presets within bounds, at least two of them',
    (schema) => {
      expect(Object.keys(schema.presets).length).toBeGreaterThanOrEqual(2);
      expect(violations(schema, schema.presets[schema.safe_default] ?? {})).toEqual([]);
    },
  );
  test.each([...schemas.values()])('$strategy: knows the regimes', (schema) => {
    const names = schema.features.map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual(['hmm_bull', 'hmm_bear', 'hmm_chop']);
    expect(schema.guardrails.protections.stale_model?.missing).toBe('followed');
  });
});

describe('a bad file is refused with its path and what is allowed', () => {
  test.each([
    [
      'a preset out of bounds',
      'stop_atr: 1.5',
      'stop_atr: 99',
      /presets\.conservative\.stop_atr: .*from 0\.5 to 6/,
    ],
    [
      'a preset that lacks a parameter',
      '      side: both,\n',
      '',
      /presets\.conservative\.side: side is missing/,
    ],
    ['an unknown key', 'version: 1', 'version: 1\ncolour: red', /colour/],
    [
      'an unknown safe default',
      'safe_default: conservative',
      'safe_default: brave',
      /safe_default.*conservative, balanced, fast/,
    ],
    ['a scale of zero', 'scale: 0.7', 'scale: 0', /features\.5\.scale/],
    ['a feature listed twice', 'name: vol,', 'name: ret,', /features\.4\.name: is listed twice/],
    [
      'bounds the wrong way round',
      'min: 10, max: 500',
      'min: 500, max: 10',
      /params\.lookback_candles: has min 500 above max 10/,
    ],
    ['broken YAML', 'features:', 'features: [', /momentum_breakout\.yaml/],
  ])('%s', (_, from, to, message) => {
    expect(good).toContain(from);
    expect(read(good.replace(from, to))).toThrow(message);
  });
  test('a file under another name', () => {
    expect(read(good, 'other.yaml')).toThrow(/the file's name says "other"/);
  });
});

describe('bounds', () => {
  const schema = loadStrategySchemas().get('momentum_breakout') as StrategySchema;
  const safe = schema.presets[schema.safe_default] as Record<string, unknown>;
  test('every field that is wrong is listed with its bounds', () => {
    const wrong = violations(schema, { ...safe, stop_atr: 7, lookback_candles: 20.5, side: 'up', extra: 1 });
    expect(wrong.map(({ field }) => field).sort()).toEqual(['extra', 'lookback_candles', 'side', 'stop_atr']);
    expect(wrong.find(({ field }) => field === 'stop_atr')).toMatchObject({ min: 0.5, max: 6, value: 7 });
  });
  test.each([Number.NaN, Number.POSITIVE_INFINITY, '2', null, true, [2]])('%s is no number', (value) => {
    expect(violations(schema, { ...safe, stop_atr: value })).toHaveLength(1);
  });
  test('the bounds themselves are allowed', () => {
    expect(violations(schema, { ...safe, stop_atr: 0.5 })).toEqual([]);
    expect(violations(schema, { ...safe, stop_atr: 6 })).toEqual([]);
  });
});
