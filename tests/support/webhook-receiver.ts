import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A real receiver on this machine, with a secret in its path as Slack and Telegram have it. `answer` may be changed. */
export const startReceiver = async (answer: Answer = (_, response) => void response.end()) => {
  const bodies: unknown[] = [];
  const receiver = { answer };
  const server = createServer((request, response) => {
    text(request).then(
      (body) => {
        bodies.push(JSON.parse(body));
        receiver.answer(request, response);
      },
      () => response.destroy(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return Object.assign(receiver, { url: `http://127.0.0.1:${port}/bot-SECRET/send?chat_id=7`, bodies, stop });
};
