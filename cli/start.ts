/** `npm start`: everything on one machine. With `--once` one full loop and out; `--json` prints one object on stdout. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Config, loadConfig } from '../config.ts';
import { openLedger } from '../ledger/open.ts';
import { type Series, seriesKey } from '../series.ts';
import { describeLoop } from './embedded/describe.ts';
import { type LoopSummary, runLoop, type SeriesSummary } from './embedded/loop.ts';
import { runPaperEngine } from './embedded/paper/engine.ts';
import { type Stack, startStack } from './embedded/stack.ts';
import { lockState } from './embedded/state-lock.ts';
import { createGatewayClient } from './gateway-client.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const readArguments = () => {
  const { values } = parseArgs({
    options: { once: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
  });
  return values;
};

/** Ctrl-C comes twice at once: from the terminal, and from npm that passes on what it got. */
const sameKeystrokeMs = 500;

/** Resolves with the first signal; a later one ends the process at once. */
const interrupted = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    let firstMs: number | undefined;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (firstMs !== undefined && performance.now() - firstMs < sameKeystrokeMs) return;
      if (firstMs !== undefined) process.exit(130);
      firstMs = performance.now();
      say(`${signal}: stopping gateway, worker, exchange, Temporal; once more to end at once`);
      resolve(signal);
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });

const storedOf = (config: Config) => {
  const ledger = openLedger({ path: config.paths.ledgerFile, domain: config.domain, readonly: true });
  const stored = (series: Series): SeriesSummary => {
    const gaps = ledger.gaps(series).map(({ fromMs, toMs, missing }) => ({ fromMs, toMs, missing }));
    const missing = gaps.reduce((sum, gap) => sum + gap.missing, 0);
    const watermark = ledger.watermark(series) ?? 0;
    return { series: seriesKey(series), bars: ledger.bars(series), watermark, gaps, missing };
  };
  return { stored, close: () => ledger.close() };
};

/** A key of a role that may train, when the gateway demands one. */
const ownKey = ({ gateway }: Config): string | undefined =>
  gateway.apiKeys.find(({ role }) => role === 'admin' || role === 'trainer')?.key;

/** A key of the least role that may ask for parameters. */
const engineKey = (config: Config): string | undefined =>
  config.gateway.apiKeys.find(({ role }) => role === 'engine')?.key ?? ownKey(config);

const loopOnce = async (config: Config, stack: Stack, startedMs: number): Promise<LoopSummary> => {
  const gateway = createGatewayClient(stack.gatewayUrl, { apiKey: ownKey(config) });
  const { stored, close } = storedOf(config);
  try {
    return await runLoop({ gateway, series: config.series, stored, startedMs });
  } finally {
    close();
  }
};

/** The worker compared this start with the last one; what it found is for whoever started us. */
const sayChanges = ({ paths, domain }: Config, sinceMs: number): void => {
  const ledger = openLedger({ path: paths.ledgerFile, domain, readonly: true });
  const start = ledger.lastStart();
  ledger.close();
  if (start && start.at >= sinceMs) for (const change of start.changes) say(`changed     ${change}`);
};

const announce = (stack: Stack): void => {
  say(`gateway     ${stack.gatewayUrl}`);
  say(`dashboard   ${stack.gatewayUrl}/`);
  say(`HTTP        ${stack.gatewayUrl}/docs   metrics ${stack.gatewayUrl}/metrics`);
  if (stack.temporal.uiUrl !== undefined) say(`Temporal UI ${stack.temporal.uiUrl}`);
  say('Ctrl-C stops everything.');
};

/** Staying up: the first loop runs at once, so that something is served before the first schedule fires. */
const stayUp = async (config: Config, stack: Stack, signal: Promise<NodeJS.Signals>): Promise<number> => {
  announce(stack);
  const first = loopOnce(config, stack, Date.now()).then((summary) => say(describeLoop(summary)));
  first.catch((error: Error) => say(`the first loop failed: ${error.message}`));
  const paper = new AbortController();
  void first.then(
    () => trade(config, stack, paper.signal),
    () => undefined,
  );
  await Promise.race([signal, stack.failed]).finally(() => paper.abort());
  return 0;
};

/** On paper, and only against the built-in exchange, so that there is a bandit that learns. */
const trade = async (config: Config, stack: Stack, signal: AbortSignal): Promise<void> => {
  const [series] = config.series;
  const { simulatorUrl: exchangeUrl } = stack;
  if (!config.simulator.paperEngine || exchangeUrl === undefined || series === undefined) return;
  const gateway = createGatewayClient(stack.gatewayUrl, { apiKey: engineKey(config) });
  say(`paper engine: ${seriesKey(series)}, with parameters of the gateway; PAPER_ENGINE=false leaves it out`);
  await runPaperEngine({ gateway, exchangeUrl, series, signal, say });
};

const runOnce = async (
  config: Config,
  stack: Stack,
  json: boolean,
  signal: Promise<NodeJS.Signals>,
  begun: number,
) => {
  const startup = Math.round(Date.now() - begun);
  const stopped = signal.then((name): never => {
    throw new Error(`stopped by ${name}`);
  });
  const summary = await Promise.race([loopOnce(config, stack, begun), stack.failed, stopped]);
  const timings = { startup, ...summary.timings, total: Math.round(Date.now() - begun) };
  process.stdout.write(
    json ? `${JSON.stringify({ ...summary, timings })}\n` : `${describeLoop({ ...summary, timings })}\n`,
  );
  if (summary.reason !== undefined) say(`failed: ${summary.reason}`);
  return summary.ok ? 0 : 1;
};

const main = async (): Promise<number> => {
  const begun = Date.now();
  const { once, json } = readArguments();
  const config = loadConfig(process.env, { embedded: true, envFile: path.resolve('.env') });
  for (const warning of config.warnings) say(warning);
  const signal = interrupted();
  const unlock = lockState(config.stateDir);
  const stack = await startStack(config, { once, say });
  try {
    sayChanges(config, begun);
    return await (once ? runOnce(config, stack, json, signal, begun) : stayUp(config, stack, signal));
  } finally {
    await stack.stop();
    unlock();
  }
};

await main().then(
  (code) => process.exit(code),
  (error: Error) => {
    say(error.name === 'ConfigError' ? error.message : `autotrain: ${error.message}`);
    process.exit(1);
  },
);
