import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { bundledFolder, type StrategySchemas } from './load.ts';
import { type SchemaWatch, watchStrategySchemas } from './watch.ts';

let folder: string;
let watch: SchemaWatch;
let changed: StrategySchemas[];
let refused: string[];

beforeEach(() => {
  vi.useFakeTimers();
  folder = mkdtempSync(join(tmpdir(), 'schemas-'));
  for (const file of readdirSync(bundledFolder()).filter((name) => name.endsWith('.yaml')))
    cpSync(join(bundledFolder(), file), join(folder, file));
  [changed, refused] = [[], []];
  watch = watchStrategySchemas({
    folder,
    pollMs: 10,
    changed: (schemas) => void changed.push(schemas),
    refused: (problem) => void refused.push(problem),
  });
});
afterEach(() => {
  watch.stop();
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

const file = (): string => join(folder, 'trend_following.yaml');
const edit = (from: string | RegExp, to: string): void =>
  writeFileSync(file(), readFileSync(file(), 'utf8').replace(from, to));

test('nothing changed: nothing is said', () => {
  vi.advanceTimersByTime(100);
  expect([changed, refused]).toEqual([[], []]);
});

test('a changed file gives all schemas anew, once', () => {
  edit(/version: 1\b/, 'version: 22');
  vi.advanceTimersByTime(100);
  expect(changed).toHaveLength(1);
  expect(changed[0]?.get('trend_following')?.version).toBe(22);
  expect(changed[0]?.size).toBe(6);
});

test('an invalid one refuses the change whole, says what is wrong once, and a good one ends the problem', () => {
  edit('safe_default:', 'safe_defautl:');
  vi.advanceTimersByTime(100);
  expect(changed).toEqual([]);
  expect(refused).toHaveLength(1);
  expect(refused[0]).toContain('trend_following.yaml');
  expect(watch.problem()).toContain('safe_default');
  edit('safe_defautl:', 'safe_default:');
  vi.advanceTimersByTime(100);
  expect(changed).toHaveLength(1);
  expect(watch.problem()).toBeUndefined();
});

test.each([
  ['a time zone that is none', 'time_zone: UTC', 'time_zone: Mars/Base', 'guardrails.time_zone'],
  [
    'an algorithm that is none',
    'safe_default:',
    'policy: { algorithm: magic }\nsafe_default:',
    'policy.algorithm',
  ],
  [
    'a warm start of no preset',
    'safe_default:',
    'warm_start: { x: { mean_reward: 0, weight: 1 } }\nsafe_default:',
    'warm_start.x',
  ],
  [
    'Beta–Thompson with features',
    'safe_default:',
    'policy: { algorithm: beta_ts }\nsafe_default:',
    'policy.algorithm',
  ],
])('%s is refused with its place', (_, from, to, place) => {
  edit(from, to);
  vi.advanceTimersByTime(100);
  expect(refused[0]).toContain(place);
});
