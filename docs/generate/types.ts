import type { Document, Route, Schema } from '../../api/openapi-document.ts';
import { routesOf } from '../../api/openapi-document.ts';

const literal = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : String(value));

const key = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`);

const indented = (text: string): string => text.replaceAll('\n', '\n  ');

const objectType = (schema: Schema): string => {
  const required = new Set((schema['required'] ?? []) as string[]);
  const fields = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>).map(([name, one]) => {
    const type = typeOf(one);
    if (required.has(name)) return `${key(name)}: ${type};`;
    return `${key(name)}?: ${type === 'unknown' ? type : `${type} | undefined`};`;
  });
  const more = schema['additionalProperties'];
  if (more === true) fields.push('[name: string]: unknown;');
  else if (typeof more === 'object' && more !== null)
    fields.push(`[name: string]: ${typeOf(more as Schema)};`);
  return fields.length === 0 ? 'Record<string, never>' : `{\n  ${fields.map(indented).join('\n  ')}\n}`;
};

const arrayType = (schema: Schema): string => {
  const first = schema['prefixItems'] as Schema[] | undefined;
  if (first) return `readonly [${first.map(typeOf).join(', ')}]`;
  const item = typeOf((schema['items'] ?? {}) as Schema);
  return `readonly ${/^[\w]+$|^\{[\s\S]*\}$/.test(item) ? item : `(${item})`}[]`;
};

const byName: Readonly<Record<string, (schema: Schema) => string>> = {
  string: () => 'string',
  integer: () => 'number',
  number: () => 'number',
  boolean: () => 'boolean',
  null: () => 'null',
  array: arrayType,
  object: objectType,
};

/** The TypeScript of a JSON schema as zod writes it, its references resolved. */
export const typeOf = (schema: Schema): string => {
  if ('const' in schema) return literal(schema['const']);
  if (Array.isArray(schema['enum'])) return (schema['enum'] as unknown[]).map(literal).join(' | ');
  for (const union of ['anyOf', 'oneOf'])
    if (Array.isArray(schema[union]))
      return [...new Set((schema[union] as Schema[]).map(typeOf))].join(' | ');
  const names = [schema['type'] ?? []].flat() as string[];
  if (names.length === 0) return 'unknown';
  return names.map((name) => byName[name]!(schema)).join(' | ');
};

/** `features[name]` stands for any name in the brackets. */
const parameterLine = ({ name, required, schema }: Route['parameters'][number]): string =>
  name.endsWith('[name]')
    ? `[name: \`${name.replace('[name]', '[${string}]')}\`]: string | number | undefined;`
    : `${key(name)}${required ? '' : '?'}: ${typeOf(schema)}${required ? '' : ' | undefined'};`;

const group = (name: string, where: 'path' | 'query', { parameters }: Route): string[] => {
  const own = parameters.filter((one) => one.in === where);
  if (own.length === 0) return [];
  const optional = own.some(({ required }) => required) ? '' : '?';
  return [`${name}${optional}: {\n  ${own.map(parameterLine).map(indented).join('\n  ')}\n};`];
};

const bodyLine = ({ body, operation }: Route): string[] =>
  body === undefined ? [] : [`body${operation.requestBody?.required ? '' : '?'}: ${typeOf(body)};`];

const idempotencyLine = ({ parameters }: Route): string[] =>
  parameters.some(({ name }) => name === 'Idempotency-Key')
    ? ['/** The same request under the same name is done once. */\nidempotencyKey?: string | undefined;']
    : [];

const answerType = ({ answer, operation }: Route): string => {
  const types = ['200', '202']
    .filter((status) => status in operation.responses)
    .map((status) => answer(Number(status)))
    .map(({ type, schema }) => (type === 'application/json' ? typeOf(schema) : 'string'));
  return [...new Set(types)].join(' | ');
};

const operationType = (route: Route): string => {
  const lines = [
    ...group('params', 'path', route),
    ...group('query', 'query', route),
    ...bodyLine(route),
    ...idempotencyLine(route),
    `answer: ${answerType(route)};`,
  ];
  const doc = `/** ${route.operation.summary}. */`;
  return `${doc}\n'${route.method} ${route.path}': {\n  ${lines.map(indented).join('\n  ')}\n};`;
};

const codesOf = (routes: readonly Route[]): string[] => {
  const media = routes.flatMap(({ operation }) =>
    Object.values(operation.responses).flatMap(({ content = {} }) => Object.values(content)),
  );
  const codes = media.flatMap(({ examples = {} }) => Object.values(examples)).map(({ value }) => value);
  return [...new Set(codes.flatMap((value) => (value as { code?: string }).code ?? []))].sort();
};

/** The source of client/schema.ts: every operation that answers JSON or text, and every code of a refusal. */
export const clientTypes = (document: Document): string => {
  const routes = routesOf(document);
  const called = routes.filter(
    (route) => !['text/html', 'text/event-stream'].includes(route.answer(200).type),
  );
  return [
    '// Written by `npm run docs:generate` from the gateway’s OpenAPI document: do not edit.',
    '',
    'export interface Operations {',
    ...called.map((route) => `  ${indented(operationType(route))}`),
    '}',
    '',
    'export type RefusalCode =',
    `${codesOf(routes)
      .map((code) => `  | '${code}'`)
      .join('\n')};`,
    '',
  ].join('\n');
};
