import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createMetrics } from '../api/metrics.ts';
import { createClock } from '../exchange/simulator/clock.ts';
import { type Simulator, startSimulator } from '../exchange/simulator/server.ts';
import { connectClient } from '../temporal/connect.ts';
import { createWorkerMetrics } from '../workers/observe/metrics.ts';
import { ingestId, retrainId, taskQueues } from '../workflows/ids.ts';
import { type GatewayProcess, startGatewayProcess } from './processes/gateway-process.ts';
import { startWorkerProcess, type WorkerProcess } from './processes/worker-process.ts';
import { anchorMs, market } from './support/candles.ts';
import { familiesOf, missingIn, type Offered, offeredBy } from './support/metric-names.ts';
import { hasProgram } from './support/programs.ts';
import { until } from './support/until.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const root = new URL('../', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, root), 'utf8');
const series = 'binance:BTC/USDT:1m';
const count = 600;

const home = mkdtempSync(path.join(tmpdir(), 'autotrain-metrics-'));
const env = {
  ...{ STATE_DIR: home, DATA_DIR: path.join(home, 'ml'), MODELS_DIR: path.join(home, 'models') },
  ...{ TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace },
  ...{ SYMBOLS: 'BTC/USDT', TIMEFRAME: '1m', EXACTLY_ONCE: 'false', SLEEP_MS: '0' },
  ...{ HMM_STATES: '2', HMM_COVARIANCE: 'diag', TRAIN_MIN_POINTS: '300', PROMOTION_MIN_CANDLES: '10' },
  START_TS: String(anchorMs - count * 60_000),
};

let simulator: Simulator;
let worker: WorkerProcess;
let gateway: GatewayProcess;
let logged = '';
let scraped: { readonly worker: string; readonly gateway: string };
let versionId: string;

const get = async (url: string): Promise<string> => {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  return await answer.text();
};

const client = () => connectClient({ address: temporal.address, namespace: temporal.namespace });

/** Candles, a version that serves, and a workflow task that fails, because no code is there for its type. */
const runLoop = async (): Promise<void> => {
  const { workflow } = await client();
  await workflow.execute('ingest', {
    ...{ workflowId: ingestId(series), taskQueue: taskQueues.ingest, args: [{ series, until: 'now' }] },
  });
  const retrain = { workflowId: retrainId, taskQueue: taskQueues.train, args: [{}] };
  ({ version_id: versionId } = (await workflow.execute('retrain', retrain)) as { version_id: string });
  const nobody = await workflow.start('nobody', { workflowId: 'nobody', taskQueue: taskQueues.train });
  await until('its task failed', async () =>
    (await get(`${worker.metricsUrl}/metrics`)).includes('temporal_workflow_task_execution_failed_total{'),
  );
  await nobody.terminate('the test has seen it');
};

const decideAndLearn = async (url: string): Promise<void> => {
  const decided = await (await fetch(`${url}/param/momentum_breakout/BTCUSDT`)).json();
  const { preset_id, config_id } = decided as { preset_id: string; config_id: string };
  const outcome = { method: 'POST', body: JSON.stringify({ reward: -1.5, config_id }) };
  await fetch(`${url}/learn/outcome/momentum_breakout/BTCUSDT/${preset_id}`, outcome);
};

beforeAll(async () => {
  simulator = await startSimulator({ source: market, clock: createClock({ startMs: anchorMs }) });
  const settings = { ...env, EXCHANGE_URL: simulator.url, LOG_LEVEL: 'debug' };
  worker = await startWorkerProcess(
    { ...settings, WORKER_METRICS_ADDRESS: '127.0.0.1:0' },
    undefined,
    (text) => {
      logged += text;
    },
  );
  await runLoop();
  gateway = await startGatewayProcess(env);
  await decideAndLearn(gateway.url);
  scraped = {
    worker: await get(`${worker.metricsUrl}/metrics`),
    gateway: await get(`${gateway.url}/metrics`),
  };
}, 240_000);
afterAll(async () => {
  await gateway?.stop();
  await worker?.kill();
  await simulator?.close();
  rmSync(home, { recursive: true, force: true });
});

/** Labels that appear only with an event (a failure, a lock) are known from how the metric is made. */
const offered = (): Offered => {
  const all = offeredBy(scraped.worker, scraped.gateway);
  const made = [createMetrics().registry, createWorkerMetrics().registry].flatMap((registry) =>
    registry.getMetricsAsArray(),
  );
  const families = familiesOf(scraped.worker, scraped.gateway);
  for (const { name, labelNames } of made as unknown as { name: string; labelNames: string[] }[]) {
    const names = families.get(name) === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    for (const suffix of names) {
      const known = all.get(name + suffix) ?? new Set<string>();
      const labels = suffix === '_bucket' ? [...labelNames, 'le'] : labelNames;
      if (families.has(name)) all.set(name + suffix, new Set([...known, ...labels]));
    }
  }
  return all;
};

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly panels?: readonly Panel[];
  readonly targets?: readonly { readonly expr: string }[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly query?: unknown }[] };
}

const rules = () =>
  (parse(read('ops/prometheus/alerts.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
    (group) => group.rules,
  );

const panels = (): Panel[] => {
  const { panels: top } = JSON.parse(read('ops/grafana/autotrain.json')) as Dashboard;
  return top.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
};

it('every metric and label that an alert rule asks for exists', () => {
  const missing = rules().flatMap(({ expr }) => missingIn(expr, offered()));
  expect(missing).toEqual([]);
  expect(rules().length).toBeGreaterThan(10);
});

it('every metric and label that a panel of the Grafana dashboard asks for exists', () => {
  const expressions = panels().flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  const missing = expressions.flatMap((expr) => missingIn(expr.replaceAll('$series', '.*'), offered()));
  expect(missing).toEqual([]);
  expect(expressions.length).toBeGreaterThan(20);
});

it('a name or a label that does not exist is found', () => {
  const ask = (expression: string) => missingIn(expression, offered()).length;
  expect(ask('sum by (series) (rate(autotrain_ingested_candles_total{series="x"}[5m]))')).toBe(0);
  expect(ask('autotrain_ingested_candles{series="x"}')).toBe(1);
  expect(ask('sum by (symbol) (autotrain_ingested_candles_total)')).toBe(1);
  expect(ask('autotrain_ledger_files{state="processing"} > 0')).toBe(1);
});

describe('a scrape after one loop', () => {
  const value = (text: string, sample: string): number | undefined => {
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${sample} `));
    return line === undefined ? undefined : Number(line.slice(sample.length + 1));
  };

  it('of the worker has its stages, its candles and what the SDK says', () => {
    const { worker: text } = scraped;
    expect(value(text, `autotrain_ingested_candles_total{series="${series}"}`)).toBe(count);
    for (const stage of ['claim', 'train', 'commit', 'promote', 'archive'])
      expect(value(text, `autotrain_retrain_stage_duration_seconds_count{stage="${stage}"}`)).toBe(1);
    expect(value(text, 'autotrain_training_phase_duration_seconds_count{phase="fit"}')).toBe(1);
    expect(value(text, 'autotrain_temporal_sdk_metrics_up')).toBe(1);
    expect(value(text, 'autotrain_trainings_running')).toBe(0);
    expect(text).toMatch(/^temporal_activity_execution_latency_seconds_count\{/m);
  });

  it('of the gateway has likelihood, promotions, regimes, selections, rewards and what is killed', () => {
    const { gateway: text } = scraped;
    const { preset } = /selections_total\{strategy="momentum_breakout",preset="(?<preset>\w+)"\} 1/.exec(
      text,
    )!.groups!;
    const pair = `{strategy="momentum_breakout",preset="${preset}"}`;
    expect(value(text, `autotrain_bandit_reward_quote${pair}`)).toBe(-1.5);
    expect(value(text, 'autotrain_promotions_total{kind="promote"}')).toBe(1);
    expect(value(text, 'autotrain_promotions_total{kind="rollback"}')).toBe(0);
    expect(
      value(text, 'autotrain_validation_log_likelihood_nats_per_candle{role="champion"}'),
    ).toBeGreaterThan(0);
    const regimes = [...text.matchAll(/^autotrain_regime_probability\{.*\} (\S+)$/gm)].map(([, p]) =>
      Number(p),
    );
    expect(regimes).toHaveLength(2);
    expect(regimes.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
    expect(value(text, 'autotrain_decision_duration_seconds_count')).toBe(1);
    expect(value(text, 'autotrain_training_killed')).toBe(0);
    expect(value(text, 'autotrain_trading_killed{state="HALTED"}')).toBe(0);
    expect(value(text, 'autotrain_last_retrain_claimed_files')).toBe(1);
  });
});

/** What promtool has against a scrape: names, units, HELP. */
const criticismOf = (scrape: string): string => {
  const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], {
    ...{ input: scrape, encoding: 'utf8' },
  });
  return status === 0 ? '' : `${stdout}${stderr}`;
};

it.runIf(hasProgram('promtool'))('promtool has nothing against the two scrapes', () => {
  expect(criticismOf('# TYPE files gauge\nfiles 1\n')).toContain('no help text');
  expect(criticismOf(scraped.gateway)).toBe('');
  expect(criticismOf(scraped.worker)).toBe('');
});

it('docs/reference/metrics.md explains each of our metrics, in the words of its HELP text', () => {
  const page = read('docs/reference/metrics.md');
  const help = [scraped.gateway, scraped.worker]
    .flatMap((text) => [...text.matchAll(/^# HELP (autotrain_\S+) (.*)$/gm)])
    .map(([, name = '', text = '']) => [name, text] as const)
    .filter(([name]) => !/^autotrain_(process|nodejs)_/.test(name));
  const unexplained = help.filter(
    ([name, text]) => !page.split('\n').some((row) => row.includes(`\`${name}\``) && row.includes(text)),
  );
  expect(unexplained).toEqual([]);
  const named = [...page.matchAll(/`(autotrain_\w+)`/g)].map(([, name]) => name);
  const known = new Set(help.map(([name]) => name));
  expect(named.filter((name) => !known.has(name!))).toEqual([]);
});

describe('the log of a worker', () => {
  const lines = () =>
    logged.split('\n').flatMap((line) => {
      return line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : [];
    });
  const line = (msg: string) => lines().find((one) => one['msg'] === msg);

  it('names series, version, workflow and run where they are known', () => {
    const run = { workflowId: retrainId, runId: expect.stringMatching(/^[0-9a-f-]{36}$/) };
    expect(line('files claimed')).toMatchObject({ ...run, series, claimedFiles: 1 });
    expect(line('trained')).toMatchObject({ ...run, series, claimId: expect.any(Number), decision: 'pass' });
    expect(line('version committed')).toMatchObject({ ...run, series, version: versionId });
    expect(line('promotion decided')).toMatchObject({ ...run, version: versionId, promoted: true });
    expect(line('champion changed')).toMatchObject({ version: versionId, workflowId: 'promote:regimes' });
  });

  it('has the run in every line that the SDK writes of an activity or a workflow', () => {
    const ofRuns = lines().filter((one) => one['activityType'] ?? one['workflowType']);
    expect(ofRuns.length).toBeGreaterThan(10);
    for (const one of ofRuns)
      expect(one).toMatchObject({ workflowId: expect.any(String), runId: expect.any(String) });
    const ingests = lines().filter(
      (one) => one['msg'] === 'Activity completed' && one['activityType'] === 'ingestPage',
    );
    expect(ingests.length).toBeGreaterThan(0);
    for (const one of ingests) expect(one).toMatchObject({ series });
  });
});

it('GET /health of a worker says that it polls, and nothing else is there', async () => {
  expect(JSON.parse(await get(`${worker.metricsUrl}/health`))).toEqual({
    status: 'ok',
    queues: { 'autotrain-ingest': 'RUNNING', 'autotrain-train': 'RUNNING' },
  });
  expect((await fetch(`${worker.metricsUrl}/`)).status).toBe(404);
});
