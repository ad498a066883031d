import type { IncomingMessage, ServerResponse } from 'node:http';

/** JSON needs nothing of a browser. A page sends a policy of its own, which replaces this one. */
const nothingAllowed = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** On every answer, refusals included: set on Node's response, where it costs least and no route can forget it. */
export const setSecurityHeaders = (_: IncomingMessage, response: ServerResponse): void => {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Content-Security-Policy', nothingAllowed);
  response.setHeader('Referrer-Policy', 'no-referrer');
};
