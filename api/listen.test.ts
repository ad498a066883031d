import { Hono } from 'hono';
import { expect, it } from 'vitest';
import { type Listening, listen } from './listen.ts';

const anyPort = { host: '127.0.0.1', ports: [0] };

const app = new Hono()
  .get('/quick', (c) => c.text('quick'))
  .get('/slow', async (c) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return c.text('slow');
  });

const textOf = async ({ url }: Listening, path: string) => (await fetch(`${url}${path}`)).text();

it('gives its address, also where any free port was asked for', async () => {
  const server = await listen(app, anyPort);
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(await textOf(server, '/quick')).toBe('quick');
  await server.stop();
});

it('says which port is taken', async () => {
  const server = await listen(app, anyPort);
  const port = Number(new URL(server.url).port);
  await expect(listen(app, { ...anyPort, ports: [0, port] })).rejects.toThrow(`port ${port} is taken`);
  await server.stop();
});

it('answers what it was asked before it stops, and nothing after', async () => {
  const server = await listen(app, anyPort);
  const asked = textOf(server, '/slow');
  await new Promise((resolve) => setTimeout(resolve, 100));
  await server.stop();
  expect(await asked).toBe('slow');
  await expect(textOf(server, '/quick')).rejects.toThrow('fetch failed');
});

it('serves the same on every port', async () => {
  const spare = await listen(app, anyPort);
  const port = Number(new URL(spare.url).port);
  await spare.stop();
  const server = await listen(app, { ...anyPort, ports: [0, port] });
  expect(await (await fetch(`http://127.0.0.1:${port}/quick`)).text()).toBe('quick');
  expect(await textOf(server, '/quick')).toBe('quick');
  await server.stop();
});
