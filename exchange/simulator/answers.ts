/** What the simulator sends: a status, headers and a body, all of it text. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const jsonType = 'application/json;charset=UTF-8';

export const json = (status: number, value: unknown, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'Content-Type': jsonType, ...headers },
  body: JSON.stringify(value),
});

export const html = (status: number, title: string): Answer => ({
  status,
  headers: { 'Content-Type': 'text/html; charset=utf-8' },
  body: `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`,
});

/** A refusal in Binance's form. */
export const refusal = (
  status: number,
  code: number,
  msg: string,
  headers: Record<string, string> = {},
): Answer => json(status, { code, msg }, headers);

/** A bad request, thrown by whatever reads it and answered by the server. */
export class RefusedRequest extends Error {
  readonly answer: Answer;

  constructor(code: number, msg: string) {
    super(msg);
    this.name = 'RefusedRequest';
    this.answer = refusal(400, code, msg);
  }
}

const seconds = (ms: number): string => String(Math.max(1, Math.ceil(ms / 1000)));

export const tooManyRequests = (retryAfterMs: number, limit: number): Answer =>
  refusal(
    429,
    -1003,
    `Too much request weight used; current limit is ${limit} request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API.`,
    { 'Retry-After': seconds(retryAfterMs) },
  );

export const banned = (retryAfterMs: number, wallMs: number): Answer =>
  refusal(
    418,
    -1003,
    `Way too much request weight used; IP banned until ${wallMs + retryAfterMs}. Please use the websocket for live updates to avoid bans.`,
    { 'Retry-After': seconds(retryAfterMs) },
  );
