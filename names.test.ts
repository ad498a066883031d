import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asFailure } from './activities/translate.ts';
import {
  instrumentName,
  opaqueId,
  presetName,
  strategyName,
  symbolName,
  tagName,
  versionName,
} from './api/fields.ts';
import { hostileText } from './api/fuzz/arbitraries.fixture.ts';
import { normalScope, opaqueIdOf, presetIdOf } from './controller/names.ts';
import { archivePath } from './ledger/archive-files.ts';
import { InvalidName } from './names.ts';
import { versionDir } from './registry/store.ts';
import { isVersionId } from './registry/version-id.ts';
import { parseSeries, seriesSlug } from './series.ts';
import { ingestId } from './workflows/ids.ts';

/** Texts that are nearly right are the dangerous ones. */
const text = fc.oneof(
  hostileText,
  fc
    .tuple(
      hostileText,
      fc.constantFrom('BTCUSDT', 'calm', 'binance:BTC/USDT:1h', '20240101T000000Z__hmm4__00000004'),
    )
    .chain(([bad, good]) => fc.constantFrom(bad + good, good + bad, `${good}/${bad}`, good)),
  fc.string({ unit: fc.constantFrom(...'aZ09_.-/:% \0'), maxLength: 70 }),
);

/** What the validator makes of the text; undefined where it refuses. */
type Accepts = (text: string) => string | undefined;
type Parser = { safeParse(value: unknown): { success: boolean; data?: unknown } };
const bySchema =
  (schema: Parser): Accepts =>
  (value) => {
    const parsed = schema.safeParse(value);
    return parsed.success ? (parsed.data as string) : undefined;
  };
const orNothing =
  (read: Accepts): Accepts =>
  (value) => {
    try {
      return read(value);
    } catch {
      return undefined;
    }
  };

const segments: Readonly<Record<string, Accepts>> = {
  'strategy, of a route': bySchema(strategyName),
  'instrument, of a route': bySchema(instrumentName),
  'preset, of a route': bySchema(presetName),
  'version, of a route': bySchema(versionName),
  'tag, of a route': bySchema(tagName),
  'strategy, of the controller': orNothing(
    (value) => normalScope({ strategy: value, instrument: 'X' }).strategy,
  ),
  'instrument, of the controller': orNothing(
    (value) => normalScope({ strategy: 'x', instrument: value }).instrument,
  ),
  'preset, of the controller': orNothing(presetIdOf),
  'a series as a folder': orNothing((value) => seriesSlug(parseSeries(value))),
  'a series in a workflow id': orNothing((value) => ingestId(seriesSlug(parseSeries(value)))),
  'a version as a folder': (value) => (isVersionId(value) ? value : undefined),
};

const runs = { numRuns: 3_000, seed: 1 };

describe('what is accepted stays one segment of a path, one field of a key, one line of a log:', () => {
  it.each(Object.entries(segments))('%s', (_, accepts) => {
    let accepted = 0;
    fc.assert(
      fc.property(text, (value) => {
        const made = accepts(value);
        if (made === undefined) return;
        accepted += 1;
        expect(path.join('/root', made)).toBe(`/root/${made}`);
        expect(path.dirname(path.resolve('/root', made))).toBe('/root');
        expect(made).toMatch(/^[\x21-\x7e]{1,100}$/);
        expect(made).not.toMatch(/[/\\%\0]|\.\./);
        expect(encodeURIComponent(made.replaceAll(':', ''))).toBe(made.replaceAll(':', ''));
      }),
      runs,
    );
    expect(accepted).toBeGreaterThan(0);
  });

  it.each([
    ['of a route', bySchema(opaqueId)],
    ['of the controller', orNothing((value) => opaqueIdOf('id', value))],
    ['a symbol of a route', bySchema(symbolName)],
  ] as const)('an opaque id %s is short and printable', (_, accepts) => {
    fc.assert(
      fc.property(text, (value) => {
        const made = accepts(value);
        if (made !== undefined) expect(made).toMatch(/^[\x21-\x7e]{1,200}$/);
      }),
      runs,
    );
  });
});

it('paths are built of checked ids only: whatever is given lies inside the root, or is refused', () => {
  const build = [
    (value: string) => versionDir('/root', value),
    (value: string) => archivePath('/root', parseSeries(value), '2024-01'),
  ];
  fc.assert(
    fc.property(text, fc.constantFrom(...build), (value, make) => {
      const made = orNothing(make)(value);
      if (made !== undefined) expect(path.resolve(made).startsWith('/root/')).toBe(true);
    }),
    runs,
  );
});

it('a run that was started with a malformed series ends, instead of being tried again for ever', () => {
  expect(() => parseSeries('../../etc')).toThrow(InvalidName);
  try {
    parseSeries('../../etc');
  } catch (error) {
    expect(asFailure(error)).toMatchObject({ type: 'InvalidName', nonRetryable: true });
  }
});
