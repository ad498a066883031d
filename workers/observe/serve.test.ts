import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createWorkerMetrics } from './metrics.ts';
import { type MetricsServer, serveMetrics } from './serve.ts';

const running: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of running.splice(0)) await stop();
});

/** What Temporal's SDK would serve. */
const startSdk = async () => {
  const server = createServer((_, response) => response.end('temporal_num_pollers 2\n'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => server.close().closeAllConnections();
  running.push(stop);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`, stop };
};

const serve = async (sdkUrl: string, states: () => Record<string, string>): Promise<MetricsServer> => {
  const serving = { address: '127.0.0.1:0', metrics: createWorkerMetrics(), sdkUrl, states };
  const server = await serveMetrics(serving);
  running.push(server.stop);
  return server;
};

const get = async (url: string) => {
  const answer = await fetch(url);
  return { status: answer.status, text: await answer.text() };
};

it("one answer holds ours and the SDK's, and ours alone when the SDK is silent", async () => {
  const sdk = await startSdk();
  const { url } = await serve(sdk.url, () => ({}));
  const both = await get(`${url}/metrics`);
  expect(both.text).toContain('autotrain_trainings_running 0');
  expect(both.text).toMatch(/^autotrain_temporal_sdk_metrics_up 1$/m);
  expect(both.text).toMatch(/^temporal_num_pollers 2$/m);
  sdk.stop();
  const alone = await get(`${url}/metrics`);
  expect(alone.status).toBe(200);
  expect(alone.text).toMatch(/^autotrain_temporal_sdk_metrics_up 0$/m);
  expect(alone.text).not.toContain('temporal_num_pollers');
});

it('/health is 200 while every queue is polled, and says which is not', async () => {
  let states: Record<string, string> = {};
  const { url } = await serve('http://127.0.0.1:9/metrics', () => states);
  expect((await get(`${url}/health`)).status).toBe(503);
  states = { ingest: 'RUNNING', train: 'RUNNING' };
  expect(await get(`${url}/health`)).toEqual({
    status: 200,
    text: '{"status":"ok","queues":{"ingest":"RUNNING","train":"RUNNING"}}',
  });
  states = { ...states, train: 'DRAINING' };
  expect((await get(`${url}/health`)).status).toBe(503);
});

it('an address that is taken stops the start, with the name of the setting', async () => {
  const { url } = await serve('http://127.0.0.1:9/metrics', () => ({}));
  const serving = { metrics: createWorkerMetrics(), sdkUrl: 'http://127.0.0.1:9', states: () => ({}) };
  await expect(serveMetrics({ ...serving, address: new URL(url).host })).rejects.toThrow(
    /WORKER_METRICS_ADDRESS=127\.0\.0\.1:\d+ cannot be opened: .*EADDRINUSE/,
  );
});
