import path from 'node:path';
import { type Config, readEnvFile } from '../../config.ts';
import { demandPort, freePort } from '../../ports.ts';
import { type Child, startChild } from './child.ts';
import { simulatorEnv, startSimulation, wantsSimulator } from './simulator.ts';
import { startTemporal } from './temporal-server.ts';

export interface Stack {
  readonly gatewayUrl: string;
  /** Of the built-in exchange; undefined beside a real one. */
  readonly simulatorUrl: string | undefined;
  readonly temporal: { readonly address: string; readonly uiUrl: string | undefined };
  /** Rejects when a part ended unasked and nothing brings it back. */
  readonly failed: Promise<never>;
  /** Gateway, worker, simulator; the Temporal server last, so that the others can say goodbye to it. */
  stop(): Promise<void>;
}

export interface StackOptions {
  /** One loop and out: free ports, no schedules, a part that dies ends the run. */
  readonly once: boolean;
  readonly say: (line: string) => void;
}

type Stop = () => Promise<void>;

/** Starts everything that the loop needs, each part when what it depends on is there. What started is stopped again when a later part fails. */
export const startStack = async (config: Config, options: StackOptions): Promise<Stack> => {
  const stops: Stop[] = [];
  const stop: Stop = async () => {
    for (let next = stops.pop(); next; next = stops.pop()) await next();
  };
  try {
    return { ...(await startParts(config, options, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

const startParts = async (
  config: Config,
  options: StackOptions,
  stops: Stop[],
): Promise<Omit<Stack, 'stop'>> => {
  const { once, say } = options;
  if (!once && config.gateway.port !== 0) await demandPort('PORT', config.gateway.host, config.gateway.port);
  const temporal = await temporalOf(config, options, stops);
  say(`Temporal ${temporal.address}`);
  const simulated = wantsSimulator(config) ? await startSimulation(config) : undefined;
  if (simulated) stops.push(() => simulated.close());
  for (const { file, line, reason } of simulated?.rejected ?? [])
    say(`replay: ${file}:${line} left out: ${reason}`);
  const env = {
    ...childEnv(config),
    ...(simulated ? simulatorEnv(config, simulated.url) : {}),
    TEMPORAL_ADDRESS: temporal.address,
    ...(temporal.uiUrl === undefined ? {} : { TEMPORAL_UI_URL: temporal.uiUrl }),
  };
  const common = { restart: !once, say };
  const args = once ? ['--no-schedules'] : [];
  const worker = await startChild({ ...common, name: 'worker', module: '../../workers/main.js', args, env });
  stops.push(() => worker.stop());
  const port = String(once ? await freePort(config.gateway.host) : config.gateway.port);
  const gatewayEnv = { ...env, PORT: port, ...(once ? { COMPAT_PORTS: '' } : {}) };
  const gateway = await startChild({
    ...common,
    name: 'gateway',
    module: '../../api/server.js',
    args: [],
    env: gatewayEnv,
  });
  stops.push(() => gateway.stop());
  return {
    gatewayUrl: urlOf(gateway),
    simulatorUrl: simulated?.url,
    temporal,
    failed: Promise.race([worker.failed, gateway.failed]),
  };
};

const temporalOf = async (config: Config, { once, say }: StackOptions, stops: Stop[]) => {
  if (config.explicit.has('TEMPORAL_ADDRESS')) {
    return { address: config.temporal.address, uiUrl: config.temporal.uiUrl };
  }
  if (config.temporal.tls)
    throw new Error(
      'TEMPORAL_TLS and TEMPORAL_API_KEY need TEMPORAL_ADDRESS: the server that npm start brings up speaks in clear on loopback',
    );
  if (config.temporal.cliPath === undefined)
    throw new Error('TEMPORAL_CLI_PATH is not set: run `npm start`, which finds the binary');
  const server = await startTemporal({
    binary: config.temporal.cliPath,
    stateDir: config.stateDir,
    namespace: config.temporal.namespace,
    retentionMs: config.temporal.retentionMs,
    anyPorts: once,
    say,
  });
  stops.push(() => server.stop());
  return server;
};

/** The children read the same settings, with the roots where embedded mode has them. */
const childEnv = ({ paths, stateDir }: Config): NodeJS.ProcessEnv => ({
  ...readEnvFile(path.resolve('.env')),
  ...process.env,
  STATE_DIR: stateDir,
  DATA_DIR: paths.dataDir,
  DATA_LANDING: paths.landingDir,
  LEDGER_DB: paths.ledgerFile,
  PC_DB: paths.controllerFile,
  MODELS_DIR: paths.modelsDir,
});

const urlOf = ({ url }: Child): string => {
  if (url === undefined) throw new Error('the gateway did not say where it listens');
  return url;
};
