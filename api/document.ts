import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import type { Endpoint } from './endpoint.ts';
import { opaqueId } from './fields.ts';
import { refusalsByStatus } from './refusals.ts';

/** One call as a client would make it, and what it would be told. */
export interface Example {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: unknown;
  readonly answer: unknown;
  /** The answer 202. */
  readonly accepted?: unknown;
}

type AnyEndpoint = Endpoint<z.ZodType, z.ZodType, z.ZodType>;

const errorAnswer = z.object({ detail: z.string(), code: z.string().optional() }).openapi('Error');

const content = (schema: z.ZodType, description: string, example: unknown, type = 'application/json') => ({
  description,
  content: { [type]: { schema, ...(example === undefined ? {} : { example }) } },
});

/** Each parameter with its example, where there is one. */
const parameters = (schema: z.ZodType, examples: Example['query'] = {}): z.ZodObject => {
  const object = schema as z.ZodObject;
  const shown = Object.entries(examples).map(([name, example]) => {
    const one = object.shape[name];
    if (!one) throw new Error(`the example names a parameter that is not there: ${name}`);
    return [name, (one as z.ZodType).openapi({ param: { example } })];
  });
  return object.extend(Object.fromEntries(shown) as z.ZodRawShape);
};

const idempotencyHeader = z.object({
  'Idempotency-Key': opaqueId.optional().openapi({
    description: 'a name that the client makes up: the same request under the same name is done once',
  }),
});

/** Required where an empty object, which no body reads as, would be refused. */
const bodyOf = (body: z.ZodType, example: unknown) => ({
  ...content(body, 'JSON', example),
  required: !body.safeParse({}).success,
});

const requestOf = ({ params, query, body, idempotent, example }: AnyEndpoint) => ({
  ...(params ? { params: parameters(params, example.params) } : {}),
  ...(query ? { query: parameters(query, example.query) } : {}),
  ...(idempotent ? { headers: idempotencyHeader } : {}),
  ...(body ? { body: bodyOf(body, example.body) } : {}),
});

const refusalsOf = ({ method, role, writes = false, params, query, body, refusals = [] }: AnyEndpoint) => {
  const guarded = { method, isOpen: role === 'open', writes, takesBody: body !== undefined };
  const takesInput = [params, query, body].some((schema) => schema !== undefined);
  const byStatus = refusalsByStatus({ ...guarded, takesInput }, refusals);
  return Object.fromEntries(
    [...byStatus].map(([status, examples]) => [
      status,
      {
        description: Object.keys(examples).join(', '),
        content: { 'application/json': { schema: errorAnswer, examples } },
      },
    ]),
  );
};

const responsesOf = (endpoint: AnyEndpoint) => {
  const { answer, accepted, contentType, example } = endpoint;
  return {
    200: content(answer, 'OK', example.answer, contentType),
    ...(accepted ? { 202: content(accepted, 'Started; it is not waited for', example.accepted) } : {}),
    ...refusalsOf(endpoint),
    default: { description: 'Any other refusal', content: { 'application/json': { schema: errorAnswer } } },
  };
};

/** `GET /models/{version}/transitions` → `getModelsVersionTransitions`: what generated clients call it. */
const operationId = ({ method, path }: AnyEndpoint): string =>
  method +
  (path === '/' ? 'dashboard' : path)
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join('');

/** Adds the endpoint to the OpenAPI document: what it takes and answers, an example of it, and how it refuses. */
export const document = (app: OpenAPIHono, endpoint: AnyEndpoint): void =>
  app.openAPIRegistry.registerPath({
    method: endpoint.method,
    path: endpoint.path,
    operationId: operationId(endpoint),
    summary: endpoint.summary,
    tags: [endpoint.role === 'open' ? 'anyone' : endpoint.role],
    ...(endpoint.role === 'open'
      ? {}
      : { security: [{ apiKey: [] }, { bearer: [] }], description: `Role: ${endpoint.role}.` }),
    request: requestOf(endpoint),
    responses: responsesOf(endpoint),
  });
