import type { ServerResponse } from 'node:http';
import type { Answer } from './answers.ts';
import type { Fault } from './faults.ts';

const sendWhole = (response: ServerResponse, { status, headers, body }: Answer): void => {
  response.writeHead(status, headers).end(body);
};

const half = (body: string): string => body.slice(0, Math.max(1, Math.floor(body.length / 2)));

/** Promises the whole body, gives half of it and drops the connection. */
const sendAndCut = (response: ServerResponse, { status, headers, body }: Answer): void => {
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) });
  response.write(half(body), () => setTimeout(() => response.destroy(), 10));
};

/** Sends half of the body and never the rest; the connection ends with the server. */
const sendAndStall = (response: ServerResponse, { status, headers, body }: Answer): void => {
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).write(half(body));
};

/** Sends an answer, spoiled as the fault says. */
export const send = (response: ServerResponse, answer: Answer, fault?: Fault): void => {
  switch (fault?.kind) {
    case 'cut-json':
      return sendWhole(response, { ...answer, body: half(answer.body) });
    case 'cut-connection':
      return sendAndCut(response, answer);
    case 'stall':
      return sendAndStall(response, answer);
    case 'slow':
      setTimeout(() => sendWhole(response, answer), fault.delayMs ?? 1000);
      return;
    default:
      return sendWhole(response, answer);
  }
};
