import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/** Engines and proxies send some twenty; Node would silently leave out those beyond two thousand. */
const mostHeaders = 100;

const countOf = ({ rawHeaders }: IncomingMessage, name: string): number =>
  rawHeaders.filter((text, at) => at % 2 === 0 && text.length === name.length && text.toLowerCase() === name)
    .length;

/** Status and code of what Node's parser lets pass although a proxy in front could read it differently. */
const refusalOf = (request: IncomingMessage): readonly [number, string, string] | undefined => {
  if (request.rawHeaders.length > 2 * mostHeaders)
    return [431, 'TooManyHeaders', `more than ${mostHeaders} headers`];
  if (countOf(request, 'host') > 1) return [400, 'AmbiguousHost', 'more than one Host header'];
  return undefined;
};

const refuse = (response: ServerResponse, [status, code, detail]: readonly [number, string, string]) => {
  response.writeHead(status, { 'Content-Type': 'application/json', Connection: 'close' });
  response.end(JSON.stringify({ detail, code }));
};

/** Answers such a request itself and closes; all others go on to the listener. */
export const strictHeaders =
  (listener: RequestListener): RequestListener =>
  (request, response) => {
    const refusal = refusalOf(request);
    if (refusal) refuse(response, refusal);
    else listener(request, response);
  };
