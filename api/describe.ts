import { OpenAPIHono } from '@hono/zod-openapi';
import { addRoutes } from './add-routes.ts';
import type { RouteDeps } from './app.ts';
import { document } from './document.ts';
import type { AddEndpoint } from './endpoint.ts';
import { openApiOf } from './routes/docs.ts';

/** No route is called here, so there is nothing behind them; the codec's is there only where a codec is. */
const nothingBehind = { payloadCodec: {} } as unknown as RouteDeps;

/** The OpenAPI document of a gateway with all of its routes, without a gateway. */
export const describeGateway = () => {
  const app = new OpenAPIHono();
  const describe: AddEndpoint = (endpoint) => document(app, endpoint);
  addRoutes(describe, app, nothingBehind);
  return openApiOf(app);
};
