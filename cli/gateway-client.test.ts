import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGatewayClient } from './gateway-client.ts';

const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  if (request.url === '/silent') return;
  if (request.url === '/half') return void response.writeHead(200).write('{');
  if (request.url === '/cut') return void request.socket.destroy();
  const status = request.url === '/refused' ? 409 : 200;
  const { method, url, headers } = request;
  const seen = { method, url, key: headers['x-api-key'], body: await text(request) };
  response.writeHead(status).end(JSON.stringify(seen));
};

const server = createServer((request, response) => void answer(request, response));

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const client = () =>
  createGatewayClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { apiKey: 'a-key' });

describe('the gateway client', () => {
  it('sends the key and the body, an empty object where none is given', async () => {
    expect(await client().post('/train?wait=false')).toEqual({
      method: 'POST',
      url: '/train?wait=false',
      key: 'a-key',
      body: '{}',
    });
    expect(await client().get('/model')).toMatchObject({ method: 'GET', body: '' });
  });

  it('throws the status and what was answered', async () => {
    await expect(client().post('/refused', { n: 1 })).rejects.toThrow(
      /POST \/refused answered 409: .*"n\\":1/,
    );
  });

  it.each(['/silent', '/half'])('does not wait for ever for a gateway that is held up: %s', async (path) => {
    const waiting = { patienceMs: 100 };
    const late = new RegExp(`no gateway answers at ${client().url}: no answer within 0.1 s`);
    await expect(client().get(path, waiting)).rejects.toThrow(late);
    await expect(client().post(path, {}, waiting)).rejects.toThrow(late);
    const ended = new AbortController();
    const asked = client().get(path, { ended: ended.signal });
    setTimeout(() => ended.abort(), 50);
    await expect(asked).rejects.toThrow(/aborted/);
  });

  it('throws when the connection is cut', async () => {
    await expect(client().get('/cut')).rejects.toThrow(/socket hang up|ECONNRESET/);
  });
});
