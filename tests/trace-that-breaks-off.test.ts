import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClock } from '../exchange/simulator/clock.ts';
import { type Simulator, startSimulator } from '../exchange/simulator/server.ts';
import { connectClient } from '../temporal/connect.ts';
import { workflowsPath } from '../workers/roles.ts';
import { promoteId, retrainId } from '../workflows/ids.ts';
import { startGatewayProcess } from './processes/gateway-process.ts';
import { startWorkerProcess } from './processes/worker-process.ts';
import { anchorMs, market } from './support/candles.ts';
import { historyFiles } from './support/history-files.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const root = fileURLToPath(new URL('..', import.meta.url));
const count = 600;

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly service: string;
}

interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: {
      readonly attributes: readonly {
        readonly key: string;
        readonly value: { readonly stringValue: string };
      }[];
    };
    readonly scopeSpans: readonly { readonly spans: readonly Omit<Span, 'service'>[] }[];
  }[];
}

const spansOf = ({ resourceSpans }: Sent): Span[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = resource.attributes.find(({ key }) => key === 'service.name')!.value.stringValue;
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, service })));
  });

/** A collector of traces on loopback. */
const startCollector = async () => {
  const spans: Span[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      expect(request.url).toBe('/v1/traces');
      spans.push(...spansOf(JSON.parse(body) as Sent));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { spans, url: `http://127.0.0.1:${port}`, close: () => server.close() };
};

const home = mkdtempSync(path.join(tmpdir(), 'autotrain-traces-'));
const env = {
  ...{ STATE_DIR: home, DATA_DIR: path.join(home, 'ml'), MODELS_DIR: path.join(home, 'models') },
  ...{ TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace },
  ...{ SYMBOLS: 'BTC/USDT', TIMEFRAME: '1m', EXACTLY_ONCE: 'false', SLEEP_MS: '0' },
  ...{ HMM_STATES: '2', HMM_COVARIANCE: 'diag', TRAIN_MIN_POINTS: '300', PROMOTION_MIN_CANDLES: '10' },
  START_TS: String(anchorMs - count * 60_000),
};

let collector: Awaited<ReturnType<typeof startCollector>>;
let simulator: Simulator;

const asked = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };

const post = async (url: string): Promise<void> => {
  const answer = await fetch(url, { method: 'POST', headers: asked });
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('{')]);
};

beforeAll(async () => {
  collector = await startCollector();
  simulator = await startSimulator({ source: market, clock: createClock({ startMs: anchorMs }) });
  const traced = { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const worker = await startWorkerProcess({ ...traced, EXCHANGE_URL: simulator.url });
  const gateway = await startGatewayProcess(traced);
  await post(`${gateway.url}/ingest_once?until=now`);
  await post(`${gateway.url}/train`);
  // Both send what they still hold when they are told to end.
  worker.child.kill('SIGTERM');
  await Promise.all([gateway.stop(), worker.gone]);
}, 240_000);
afterAll(async () => {
  await simulator?.close();
  collector?.close();
  rmSync(home, { recursive: true, force: true });
});

const named = (name: string): Span[] => collector.spans.filter((span) => span.name === name);

describe('with OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  it('request, workflows and activities are one trace, which is that of the request', () => {
    const [traceId] = asked.traceparent.split('-').slice(1);
    const wanted = [
      'POST /train',
      'StartWorkflow:retrain',
      'RunWorkflow:retrain',
      'RunActivity:claimFiles',
      'RunActivity:trainSeries',
      'RunActivity:commitVersion',
      'RunActivity:requestPromotion',
      'RunWorkflow:promote',
      'RunActivity:movePromotion',
    ];
    for (const name of wanted)
      expect([name, named(name).map((span) => span.traceId)]).toEqual([name, [traceId]]);
  });

  it('each span names its parent, and its process', () => {
    const [train] = named('RunActivity:trainSeries');
    const chain = [train!];
    for (let span = train; span; ) {
      span = collector.spans.find(({ spanId }) => spanId === span?.parentSpanId);
      if (span) chain.push(span);
    }
    expect(chain.map(({ name, service }) => `${service} ${name}`)).toEqual([
      'autotrain-worker RunActivity:trainSeries',
      'autotrain-worker StartActivity:trainSeries',
      'autotrain-worker RunWorkflow:retrain',
      'autotrain-gateway StartWorkflow:retrain',
      'autotrain-gateway POST /train',
    ]);
  });
});

const logger = new DefaultLogger('ERROR');
Runtime.install({ logger });

/** Replayed spans go nowhere. */
const sinks = { exporter: { export: { fn: () => undefined } } };
const interceptors = '@temporalio/interceptors-opentelemetry/lib/workflow-interceptors';

it('what ran with tracing goes on without it, and the other way round', async () => {
  const client = await connectClient({ address: temporal.address, namespace: temporal.namespace });
  for (const workflowId of [retrainId, promoteId]) {
    const history = await client.workflow.getHandle(workflowId).fetchHistory();
    await Worker.runReplayHistory({ workflowBundle: temporal.workflowBundle }, history, workflowId);
  }
  const workflowInterceptorModules = [fileURLToPath(import.meta.resolve(interceptors))];
  const traced = await bundleWorkflowCode({ workflowsPath, logger, workflowInterceptorModules });
  const files = historyFiles().map(({ name, history }) => ({ workflowId: name, history }));
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { workflowBundle: traced, sinks },
    files,
  ))
    expect([workflowId, error]).toEqual([workflowId, undefined]);
});

it('without it nothing of OpenTelemetry but its interface is loaded', () => {
  const source = `
    import { createRequire } from 'node:module';
    await import('./dist/api/gateway.js');
    await import('./dist/workers/run.js');
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    console.log(JSON.stringify(loaded.filter((file) => /opentelemetry.(sdk|exporter|otlp|resources)|interceptors-open/.test(file))));
    console.log(loaded.some((file) => file.includes('@opentelemetry/api')));
  `;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', source], { cwd: root });
  expect(said.toString().split('\n').slice(0, 2)).toEqual(['[]', 'true']);
});
