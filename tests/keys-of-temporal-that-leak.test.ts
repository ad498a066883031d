import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection, type Payload } from '@temporalio/client';
import { expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../config.ts';
import { connectClient } from '../temporal/connect.ts';
import { createPayloadCodec } from '../temporal/payload-codec.ts';
import { janitorId, taskQueues } from '../workflows/ids.ts';
import { startWorkerProcess } from './processes/worker-process.ts';
import { createAuthority, readPair } from './support/certificates.ts';
import { leaksUnder, secretsIn } from './support/leaks.ts';
import { startTlsFront } from './support/tls-front.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);

const secrets = {
  TEMPORAL_API_KEY: `temporal+secret/${randomBytes(12).toString('hex')}`,
  PAYLOAD_KEY: randomBytes(32).toString('base64'),
};

/** A Temporal that demands TLS and the key, as Temporal Cloud does, and a folder for the state. */
const place = async () => {
  const [state, keys] = ['state', 'keys'].map((what) =>
    mkdtempSync(path.join(tmpdir(), `autotrain-${what}-`)),
  ) as [string, string];
  const authority = createAuthority(keys, 'ours');
  const pair = readPair(authority.sign('server', 'IP:127.0.0.1'));
  const front = await startTlsFront({
    ...{ address: temporal.address, apiKey: secrets.TEMPORAL_API_KEY },
    ...pair,
  });
  onTestFinished(async () => {
    await front.stop();
    for (const folder of [state, keys]) rmSync(folder, { recursive: true, force: true });
  });
  const env = {
    ...{ STATE_DIR: state, DATA_DIR: path.join(state, 'ml'), MODELS_DIR: path.join(state, 'models') },
    ...{ TEMPORAL_ADDRESS: `127.0.0.1:${front.port}`, TEMPORAL_NAMESPACE: temporal.namespace },
    ...{ TEMPORAL_TLS_CA: authority.caFile, SYMBOLS: 'BTC/USDT', LOG_LEVEL: 'trace', ...secrets },
  };
  return { state, env };
};

const isPayload = (value: object): value is Payload => 'metadata' in value && 'data' in value;

const payloadsIn = (value: unknown): Payload[] => {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  return isPayload(value) ? [value] : Object.values(value).flatMap(payloadsIn);
};

/** Of a run: what the server has, and what stands in it under the encryption. */
const storedOf = async (workflowId: string) => {
  const connection = await Connection.connect({ address: temporal.address });
  onTestFinished(() => connection.close());
  const plain = new Client({ connection, namespace: temporal.namespace });
  const history = await plain.workflow.getHandle(workflowId).fetchHistory();
  const payloads = payloadsIn(history);
  const decoded = await createPayloadCodec([secrets.PAYLOAD_KEY]).decode(payloads);
  const text = (all: readonly Payload[]) =>
    all.map(({ data }) => Buffer.from(data ?? []).toString('latin1')).join('\n');
  return { raw: JSON.stringify(history) + text(payloads), decoded: text(decoded) };
};

it('a worker with an API key and a payload key works with both, and neither logs, stores nor sends them', async () => {
  const { state, env } = await place();
  let logged = '';
  const worker = await startWorkerProcess(env, undefined, (text) => {
    logged += text;
  });
  onTestFinished(worker.kill);
  const client = await connectClient(loadConfig(env).temporal);
  onTestFinished(() => client.connection.close());
  await client.workflow.execute('janitor', { workflowId: janitorId, taskQueue: taskQueues.train, args: [] });
  const { raw, decoded } = await storedOf(janitorId);
  // Each is looked for where a text of its kind is found.
  expect(logged).toContain('"level":20');
  expect(decoded).toContain('"requeued":0');
  expect(raw).not.toContain('"requeued":0');
  for (const text of [logged, raw, decoded]) expect(secretsIn(text, secrets)).toEqual([]);
  expect(leaksUnder(state, secrets)).toEqual([]);
});
