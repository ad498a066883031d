/** The gateway's OpenAPI document as its readers see it: the reference, the clients' types, the tests. */

export type Schema = Readonly<Record<string, unknown>>;

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
  readonly example?: unknown;
}

interface Answer {
  readonly description?: string;
  readonly content?: Readonly<Record<string, Media>>;
}

export interface Media {
  readonly schema: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Answer>>;
}

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface Route {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | undefined;
  /** What the document says of an answer with this status: its content type, and the schema of its body. */
  answer(status: number): { readonly type: string; readonly schema: Schema };
}

const resolved = (document: Document, schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map((one) => resolved(document, one));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { $ref } = schema as { $ref?: string };
  if ($ref !== undefined) return resolved(document, document.components.schemas[$ref.split('/').at(-1)!]);
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, resolved(document, value)]));
};

const answersOf = (document: Document, { responses }: Operation): Route['answer'] => {
  const known = Object.fromEntries(
    Object.entries(responses).map(([status, { content = {} }]) => {
      const [[type, { schema }] = ['none', { schema: {} }]] = Object.entries(content);
      return [status, { type, schema: resolved(document, schema) as Schema }];
    }),
  );
  return (status) => known[String(status)] ?? known['default']!;
};

/** Every operation of the document, its references resolved. */
export const routesOf = (document: Document): Route[] =>
  Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
      parameters: (operation.parameters ?? []).map((one) => ({
        ...one,
        schema: resolved(document, one.schema) as Schema,
      })),
      body: resolved(document, operation.requestBody?.content['application/json']?.schema) as
        | Schema
        | undefined,
      answer: answersOf(document, operation),
    })),
  );
