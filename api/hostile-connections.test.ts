import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { appWith } from './app.fixture.ts';
import { maxBodyBytes } from './body.ts';
import { connectionLimits } from './connection-limits.ts';
import { type Listening, listen } from './listen.ts';
import { type RawConnection, rawConnection } from './raw.fixture.ts';

/** As in production, but for the times, which a test cannot wait for, and the number of connections. */
const limits = { ...connectionLimits, headersMs: 300, requestMs: 600, checkEveryMs: 50, connections: 40 };
/** The timeouts above, and what a busy machine adds. */
const soonMs = 10_000;

const { app, controller } = appWith();
let server: Listening;
let open: RawConnection[] = [];

beforeAll(async () => {
  server = await listen(app, { host: '127.0.0.1', ports: [0], limits });
});
afterEach(() => {
  for (const connection of open) connection.end();
  open = [];
  controller.length = 0;
});
afterAll(() => server.stop());

const connection = async (): Promise<RawConnection> => {
  const made = await rawConnection(server.url);
  open.push(made);
  return made;
};

const healthy = async () => (await fetch(`${server.url}/health`)).status;

const path = '/learn/outcome/hmm/BTCUSDT/calm';
const body = '{"reward":1}';
const inner = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

describe('a request that a proxy and the gateway could read differently is refused, and the connection closed', () => {
  const post = (headers: readonly string[], rest: string) =>
    [`POST ${path} HTTP/1.1`, 'Host: x', ...headers, '', rest].join('\r\n');
  const chunks = `0\r\n\r\n${inner}`;
  it.each([
    ['a length beside chunks', post(['Content-Length: 6', 'Transfer-Encoding: chunked'], chunks)],
    ['chunks beside a length', post(['Transfer-Encoding: chunked', 'Content-Length: 6'], chunks)],
    ['two lengths', post(['Content-Length: 12', 'Content-Length: 5'], body)],
    ['the same length twice', post(['Content-Length: 12', 'Content-Length: 12'], body)],
    ['a list of lengths', post(['Content-Length: 12, 12'], body)],
    ['a negative length', post(['Content-Length: -1'], body)],
    ['a length with a sign', post(['Content-Length: +12'], body)],
    ['a length in hex', post(['Content-Length: 0xc'], body)],
    ['chunked that is not last', post(['Transfer-Encoding: chunked, identity'], chunks)],
    ['an unknown coding', post(['Transfer-Encoding: xchunked'], chunks)],
    ['a coding after a tab that is none', post(['Transfer-Encoding:\tchunked\x0b'], chunks)],
    ['two codings', post(['Transfer-Encoding: chunked', 'Transfer-Encoding: cow'], chunks)],
    ['a space before the colon', post(['Content-Length : 12'], body)],
    ['a header without a name', post([': x'], body)],
    ['a NUL in a header', post(['X-A: a\0b', 'Content-Length: 12'], body)],
    ['bare line feeds', `POST ${path} HTTP/1.1\nHost: x\nContent-Length: 12\n\n${body}`],
    ['a bare line feed between headers', post(['X-A: b\nContent-Length: 12'], body)],
    ['a bare carriage return', post(['X-A: b\rContent-Length: 12'], body)],
    ['a chunk size that is no number', post(['Transfer-Encoding: chunked'], 'zz\r\nabc\r\n0\r\n\r\n')],
    ['a chunk size beyond what is countable', post(['Transfer-Encoding: chunked'], 'ffffffffffffffffff\r\n')],
    ['a chunk longer than it says', post(['Transfer-Encoding: chunked'], '1\r\nabc\r\n0\r\n\r\n')],
    ['no host', `GET /health HTTP/1.1\r\n\r\n`],
    ['two hosts', `GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`],
    ['another version', 'GET /health HTTP/9.9\r\nHost: x\r\n\r\n'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a method that is none', 'FROB /health HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ])('%s', async (_, bytes) => {
    const raw = await connection();
    raw.send(bytes);
    const answer = await raw.closed(soonMs);
    expect(answer).toMatch(/^(HTTP\/1\.1 (400|431|501) |$)/);
    expect(answer.match(/HTTP\/1\.1/g)?.length ?? 0).toBeLessThanOrEqual(1);
    expect(controller).toEqual([]);
  });

  it('a folded header is refused, or read as one value that smuggles nothing', async () => {
    const raw = await connection();
    raw.send(`GET /health HTTP/1.1\r\nHost: x\r\nX-A: b\r\n Content-Length: 12\r\nConnection: close\r\n\r\n`);
    const answer = await raw.closed(soonMs);
    expect(answer.match(/HTTP\/1\.1 (200|400) /g)).toHaveLength(1);
  });
});

describe('who is slow is let go', () => {
  const drip = async (raw: RawConnection, everyMs = 40) => {
    while (!raw.socket.destroyed) {
      raw.send('a');
      await delay(everyMs);
    }
  };
  it.each([
    ['with nothing at all', ''],
    ['with its headers', 'GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: '],
    ['with its body', `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n{"a":"`],
    [
      'with chunks that never end',
      `POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n{"a":"`,
    ],
  ])('%s', async (_, start) => {
    const raw = await connection();
    raw.send(start);
    const dripping = start === '' ? undefined : drip(raw);
    expect(await raw.closed(soonMs)).toMatch(/^(HTTP\/1\.1 408 |$)/);
    await dripping;
    expect(controller).toEqual([]);
  });
});

describe('who sends too much is stopped', () => {
  it('headers', async () => {
    const raw = await connection();
    raw.send(`GET /health HTTP/1.1\r\nHost: x\r\nX-Large: ${'a'.repeat(20_000)}\r\n\r\n`);
    expect(await raw.closed(soonMs)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('many headers', async () => {
    const raw = await connection();
    raw.send(`GET /health HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(5_000)}\r\n`);
    expect(await raw.closed(soonMs)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('a length over the limit is refused before the body comes', async () => {
    const raw = await connection();
    raw.send(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${maxBodyBytes + 1}\r\n\r\n`);
    expect(await raw.closed(soonMs)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('chunks without end are cut at the limit', async () => {
    const raw = await connection();
    raw.send(`POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    for (let sent = 0; sent < 40 && !raw.socket.destroyed; sent += 1) {
      raw.send(chunk);
      await delay(1);
    }
    expect(await raw.closed(soonMs)).toMatch(/^(HTTP\/1\.1 413 |$)/);
    expect(controller).toEqual([]);
  });

  it.each(['[', '{"a":'])('nesting of %s', async (deeper) => {
    const text = deeper.repeat(200_000);
    const answer = await fetch(`${server.url}${path}`, { method: 'POST', body: text });
    expect(answer.status).toBe(400);
    const closed =
      deeper === '['
        ? `${'['.repeat(5_000)}${']'.repeat(5_000)}`
        : `${deeper.repeat(5_000)}1${'}'.repeat(5_000)}`;
    for (const route of [path, '/predict', '/param/hmm/BTCUSDT', '/preset/register/hmm/BTCUSDT']) {
      const refused = await fetch(`${server.url}${route}`, { method: 'POST', body: closed });
      expect([route, refused.status, await refused.json()]).toMatchObject([route, 422, { code: 'Invalid' }]);
    }
  });
});

describe('many at once', () => {
  it('pipelined requests are answered in their order, the last one closes', async () => {
    const raw = await connection();
    const count = 200;
    const ask = (i: number) => `GET /param/hmm/BTC${i} HTTP/1.1\r\nHost: x\r\n`;
    const asked = Array.from({ length: count }, (_, i) => ask(i));
    raw.send(asked.map((text, i) => `${text}${i === count - 1 ? 'Connection: close\r\n' : ''}\r\n`).join(''));
    const answer = await raw.closed(soonMs);
    const instruments = [...answer.matchAll(/"config_id":"hmm:BTC(\d+):/g)].map(([, i]) => Number(i));
    expect(instruments).toEqual(Array.from({ length: count }, (_, i) => i));
  });

  it('connections beyond the limit are closed, those that are served go on, and room is given again', async () => {
    const ask = 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n';
    const served = await connection();
    const answers = () => served.received().match(/HTTP\/1\.1 200/g)?.length;
    served.send(ask);
    await expect.poll(answers, { timeout: soonMs }).toBe(1);
    const idle = await Promise.all(Array.from({ length: limits.connections + 10 }, connection));
    for (const one of idle) one.send(ask);
    const closed = () => idle.filter(({ socket }) => socket.closed).length;
    // The client of other tests may still hold a connection or two.
    await expect.poll(closed, { timeout: soonMs }).toBeGreaterThanOrEqual(11);
    expect(closed()).toBeLessThan(20);
    served.send(ask);
    await expect.poll(answers, { timeout: soonMs }).toBe(2);
    for (const one of idle) one.end();
    await expect.poll(healthy, { timeout: soonMs }).toBe(200);
  });
});

describe('what an answer carries', () => {
  it.each(['/health', '/nothing-here', '/param/hmm/a%00b'])('%s', async (route) => {
    const { headers } = await fetch(`${server.url}${route}`);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    for (const name of ['x-powered-by', 'server', 'access-control-allow-origin'])
      expect(headers.get(name)).toBeNull();
  });

  it('a page of another origin gets no leave to read it, and none to write', async () => {
    const origin = 'https://elsewhere.example';
    const asked = { origin, 'access-control-request-method': 'POST' };
    const preflight = await fetch(`${server.url}/train`, { method: 'OPTIONS', headers: asked });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
    expect(preflight.ok).toBe(false);
    const posted = await fetch(`${server.url}/train`, { method: 'POST', headers: { origin } });
    expect(posted.status).toBe(403);
    const read = await fetch(`${server.url}/model`, { headers: { origin } });
    expect(read.headers.get('access-control-allow-origin')).toBeNull();
  });
});
