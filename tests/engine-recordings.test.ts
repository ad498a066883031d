import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClock } from '../exchange/simulator/clock.ts';
import { type Simulator, startSimulator } from '../exchange/simulator/server.ts';
import { type GatewayProcess, startGatewayProcess } from './processes/gateway-process.ts';
import { anchorMs, market } from './support/candles.ts';
import { openRig, type Rig } from './support/rig.ts';
import { testTemporal } from './temporal-server.ts';

interface Exchange {
  readonly name: string;
  readonly request: {
    readonly method: 'GET' | 'POST';
    /** As it goes over the wire; `{name}` is what an earlier answer left. */
    readonly target: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly json?: unknown;
    readonly body?: string;
  };
  readonly response: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    /** What the client reads; anything beside it is ignored. */
    readonly json?: unknown;
    /** What the client compares as a whole. */
    readonly exactly?: unknown;
    /** Fields that later exchanges use, by the name under which they do. */
    readonly keep?: Readonly<Record<string, string>>;
  };
}

interface Recording {
  readonly about: string;
  /** The client's own patience: 5 s in the engine, longer in its nightly job. */
  readonly timeout_s: number;
  readonly exchanges: readonly Exchange[];
}

const folder = new URL('engine-recordings/', import.meta.url);
const recordings = readdirSync(folder)
  .sort()
  .map((name) => [name, JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Recording] as const);

const minuteMs = 60_000;
const candles = 400;

const temporal = testTemporal(import.meta.url);
let simulator: Simulator;
let rig: Rig;
let gateway: GatewayProcess;

beforeAll(async () => {
  simulator = await startSimulator({ source: market, clock: createClock({ startMs: anchorMs }) });
  rig = await openRig(temporal, {
    settings: {
      EXCHANGE_URL: simulator.url,
      START_TS: String(anchorMs - candles * minuteMs),
      SYMBOLS: 'BTC/USDT',
    },
  });
  await Promise.all([rig.startIngest(), rig.startTrain()]);
  gateway = await startGatewayProcess(rig.env);
});

afterAll(async () => {
  await gateway?.stop();
  await rig?.close();
  await simulator?.close();
});

/** What answers left for later exchanges. */
const kept: Record<string, string> = {};

const filled = (text: string): string =>
  text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => kept[name] ?? whole);

const textOf = async (answer: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

/** Node sends the target as it stands, brackets included. */
const send = async ({ method, target, headers = {}, json, body }: Exchange['request'], timeoutMs: number) => {
  const { hostname, port } = new URL(gateway.url);
  const text = json === undefined ? body : filled(JSON.stringify(json));
  const type = json === undefined ? {} : { 'content-type': 'application/json' };
  const asked = request({ hostname, port, method, path: filled(target), headers: { ...type, ...headers } });
  asked.setTimeout(timeoutMs, () => asked.destroy(new Error(`no answer within ${timeoutMs} ms`)));
  asked.end(text);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, json: JSON.parse(await textOf(answer)) };
};

const isProbabilities = (value: unknown): boolean => {
  const all = Object.values(value as Record<string, number>);
  return all.length > 1 && Math.abs(all.reduce((sum, p) => sum + p, 0) - 1) < 1e-9;
};

/** `<…>` in a recording stands for any value of the kind. */
const kinds: Readonly<Record<string, (value: unknown) => boolean>> = {
  '<string>': (value) => typeof value === 'string' && value !== '',
  '<number>': (value) => typeof value === 'number',
  '<integer>': Number.isInteger,
  '<positive integer>': (value) => Number.isInteger(value) && (value as number) > 0,
  '<object>': (value) => typeof value === 'object' && value !== null,
  '<probabilities>': isProbabilities,
};

/** Where an answer lacks what the client reads; nothing where it has all of it. */
const differences = (want: unknown, got: unknown, at = 'answer'): string[] => {
  if (typeof want === 'string' && want in kinds)
    return kinds[want]!(got) ? [] : [`${at} is no ${want}: ${JSON.stringify(got)}`];
  if (typeof want !== 'object' || want === null) {
    const wanted = typeof want === 'string' ? filled(want) : want;
    return got === wanted ? [] : [`${at} is ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`];
  }
  if (typeof got !== 'object' || got === null) return [`${at} is ${JSON.stringify(got)}`];
  const lengths =
    Array.isArray(want) && want.length !== (got as unknown[]).length
      ? [`${at} has ${(got as unknown[]).length} rows`]
      : [];
  const fields = Object.entries(want).flatMap(([name, one]) =>
    differences(one, (got as Record<string, unknown>)[name], `${at}.${name}`),
  );
  return [...lengths, ...fields];
};

const remember = ({ keep = {} }: Exchange['response'], json: Record<string, unknown>): void => {
  for (const [name, field] of Object.entries(keep)) {
    kept[name] = String(json[field]);
    // As the engine does: config_id.split(":")[-1]
    kept[`preset_of_${name}`] = String(json[field]).split(':').at(-1)!;
  }
};

describe.each(recordings)('%s', (_, { exchanges, timeout_s }) => {
  it.each(exchanges.map((exchange) => [exchange.name, exchange] as const))(
    '%s',
    async (_, { request, response }) => {
      const answer = await send(request, timeout_s * 1000);
      expect(answer.status, JSON.stringify(answer.json)).toBe(response.status);
      expect(answer.headers['content-type']).toContain('application/json');
      for (const [name, value] of Object.entries(response.headers ?? {}))
        expect(answer.headers[name]).toContain(value);
      if (response.exactly) expect(answer.json).toEqual(response.exactly);
      expect(differences(response.json ?? {}, answer.json)).toEqual([]);
      remember(response, answer.json as Record<string, unknown>);
    },
  );
});

it('the recordings hold every call of the older client', () => {
  const called = new Set(
    recordings.flatMap(([, { exchanges }]) =>
      exchanges.map(({ request: { method, target } }) => `${method} ${target.split(/[/?]/)[1]}`),
    ),
  );
  const older = ['GET param', 'POST learn', 'POST preset', 'POST train', 'POST ingest_once', 'POST predict'];
  expect([...called]).toEqual(
    expect.arrayContaining([...older, 'GET model', 'GET models', 'POST model', 'GET health']),
  );
});
