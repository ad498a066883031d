import fc from 'fast-check';
import type { Schema } from '../openapi-document.ts';

type Any = fc.Arbitrary<unknown>;

const numberOf = (schema: Schema, at: string, otherwise: number) =>
  typeof schema[at] === 'number' ? schema[at] : otherwise;

/** fast-check makes texts of a pattern without look-aheads; what they forbid is left out afterwards. */
const matching = (pattern: string): Any =>
  fc
    .stringMatching(new RegExp(pattern.replaceAll(/\(\?!.*?\)/g, '')), { maxLength: 40 } as never)
    .filter((text) => new RegExp(pattern).test(text));

const texts = (schema: Schema): Any =>
  typeof schema['pattern'] === 'string'
    ? matching(schema['pattern'])
    : fc.string({
        minLength: numberOf(schema, 'minLength', 0),
        maxLength: Math.min(numberOf(schema, 'maxLength', 30), 60),
      });

const integers = (schema: Schema): Any => {
  const min = numberOf(schema, 'minimum', numberOf(schema, 'exclusiveMinimum', -1_000_000) + 1);
  const max = numberOf(schema, 'maximum', Math.max(min, 1_000_000));
  return fc.integer({ min, max: Math.min(max, 2 ** 31 - 1) });
};

const numbers = (schema: Schema): Any => {
  const min = numberOf(schema, 'minimum', numberOf(schema, 'exclusiveMinimum', -1e6));
  const max = numberOf(schema, 'maximum', Math.max(min, 1e6));
  return fc.double({ min, max, noNaN: true, minExcluded: 'exclusiveMinimum' in schema });
};

const arrays = (schema: Schema): Any => {
  const first = schema['prefixItems'] as Schema[] | undefined;
  if (first) return fc.tuple(...first.map(valid));
  const minLength = numberOf(schema, 'minItems', 0);
  const maxLength = Math.min(numberOf(schema, 'maxItems', 5), minLength + 5);
  return fc.array(valid((schema['items'] ?? {}) as Schema), { minLength, maxLength });
};

const objects = (schema: Schema): Any => {
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
  const known = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, valid(one)])),
    { requiredKeys: (schema['required'] ?? []) as string[] },
  );
  const more = schema['additionalProperties'];
  if (typeof more !== 'object' || more === null) return known;
  const named = fc.dictionary(fc.string({ minLength: 1, maxLength: 12 }), valid(more as Schema), {
    maxKeys: 5,
  });
  return fc.tuple(named, known).map(([other, own]) => ({ ...other, ...(own as object) }));
};

const byType: Readonly<Record<string, (schema: Schema) => Any>> = {
  string: texts,
  integer: integers,
  number: numbers,
  boolean: () => fc.boolean(),
  null: () => fc.constant(null),
  array: arrays,
  object: objects,
};

/** Values that the schema allows. */
export const valid = (schema: Schema): Any => {
  if ('const' in schema) return fc.constant(schema['const']);
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  const several = (schema['anyOf'] ?? schema['oneOf']) as Schema[] | undefined;
  if (several) return fc.oneof(...several.map(valid));
  const types = [schema['type'] ?? []].flat() as string[];
  if (types.length === 0) return fc.jsonValue({ maxDepth: 3 });
  return fc.oneof(...types.map((type) => byType[type]!(schema)));
};

/** Texts that end up in paths, keys, SQL, logs and headers of careless programs. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '../../etc/passwd',
    '..',
    '.',
    '..\\..\\boot.ini',
    '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
    '%00',
    'a\0b',
    '\ud800',
    '\u202egnp.exe',
    '\u2024\u2024/',
    '\uff0e\uff0e\uff0f',
    "' OR 1=1 --",
    '"; DROP TABLE files; --',
    '${jndi:ldap://x}',
    '<script>alert(1)</script>',
    'line\r\nSet-Cookie: x=1',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'NaN',
    '-0',
    '1e999',
    '9007199254740993',
    'null',
    '',
    ' ',
    'CON',
    '/etc/passwd',
    'file:///etc/passwd',
    'x'.repeat(10_000),
    '🦊'.repeat(100),
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
);

const hostileValue: Any = fc.oneof(
  hostileText,
  fc.constantFrom<unknown>(null, true, [], {}, -1, 0, -0, 1e308, -1e308, 5e-324, 2 ** 53, 1.5, [
    [[[[[[[]]]]]]],
  ]),
  fc.jsonValue({ maxDepth: 4 }),
  hostileText.map((key) => ({ [key]: 1 })),
  fc.constant(JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":{}}}') as unknown),
);

const withOneChanged = (value: unknown, hostile: unknown, at: number): unknown => {
  if (Array.isArray(value) && value.length > 0) {
    const index = at % value.length;
    return value.map((one, i) => (i === index ? withOneChanged(one, hostile, at >> 2) : one));
  }
  if (typeof value !== 'object' || value === null) return hostile;
  const keys = Object.keys(value);
  const key = keys[at % (keys.length + 1)];
  if (key === undefined) return hostile;
  return { ...value, [key]: withOneChanged(Reflect.get(value, key), hostile, at >> 2) };
};

/** Values that the schema allows, but for one part of them; or something else altogether. */
export const mutated = (schema: Schema): Any =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.tuple(valid(schema), hostileValue, fc.nat()).map((args) => withOneChanged(...args)),
    },
    { weight: 1, arbitrary: hostileValue },
  );
