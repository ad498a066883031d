import { type Document, type Route, routesOf } from '../../api/openapi-document.ts';

const head = `# HTTP

<!-- Written by \`npm run docs:generate\` from the gateway's OpenAPI document: do not edit. -->

One gateway answers on \`PORT\`, and on \`COMPAT_PORTS\` where the older services were. \`GET /openapi.json\` describes every route with an example of request and answer and with its refusals; \`GET /docs\` shows that as a page. Clients: [TypeScript](../how-to/call-the-gateway-from-typescript.md), [Python](../how-to/serve-an-engine-that-unpickled-a-model.md).

- Bodies are JSON, whatever the content type says, of 1 MiB at most. Features of \`GET /param\` stand in the query: \`features[vol]=0.011\`, brackets percent-encoded or not.
- A refusal is \`{"detail": …, "code": …}\`: \`detail\` is for people, \`code\` for programs. [Failures](failures.md) explains the codes of the loop.
- With \`REQUIRE_AUTH\` a caller needs \`X-API-Key\` or a bearer token of at least the role named here: reader, engine, trainer, admin, each with the rights of those before it ([how](../how-to/secure-the-gateway.md)).
- \`Idempotency-Key\` names a POST that may be repeated: decisions by POST, outcomes, promotions.
- 401, 403, 429, 500 and 504 may come from any guarded route; they are left out below.

| route | role | what it does | refuses with |
|---|---|---|---|
`;

const everywhere = new Set(['401', '403', '429', '500', '504']);

const roleOf = ({ operation }: Route): string =>
  /^Role: (\w+)\.$/.exec(operation.description ?? '')?.[1] ?? 'anyone';

const refusalsOf = ({ operation }: Route): string =>
  Object.entries(operation.responses)
    .filter(([status]) => /^[45]/.test(status) && !everywhere.has(status))
    .map(([status, { description }]) => `${status} ${description}`)
    .join('; ');

const row = (route: Route): string =>
  `| \`${route.method} ${route.path}\` | ${roleOf(route)} | ${route.operation.summary} | ${refusalsOf(route)} |`;

/** docs/reference/http.md. */
export const httpPage = (document: Document): string => `${head}${routesOf(document).map(row).join('\n')}\n`;
