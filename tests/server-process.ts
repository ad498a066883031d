import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { freePort } from '../ports.ts';

export interface ServerProcess {
  readonly address: string;
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly program: string;
  /** A folder of its own, for database and log; removed when the server ends. */
  readonly home: string;
  readonly namespaces: readonly string[];
  /** Of its dynamic configuration: `name=value`. */
  readonly settings?: readonly string[];
}

const patienceMs = 60_000;

/** The shell ends the server when its stdin closes, which happens however the tests end, SIGKILL included. */
const endWithParent =
  'home=$1; shift; "$@" </dev/null & server=$!; read -r _; kill "$server"; wait "$server"; rm -rf "$home"';

/** Without these the dev server polls 20 times a second, and a step of a workflow takes 150 ms instead of 40. */
const faster = ['history.transferProcessorMaxPollRPS=2000', 'history.timerProcessorMaxPollRPS=2000'];

const argumentsOf = ({ home, namespaces, settings = [] }: ServerOptions, port: number): string[] => [
  ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port)],
  ...['--db-filename', path.join(home, 'temporal.db'), '--log-level', 'error'],
  ...namespaces.flatMap((name) => ['--namespace', name]),
  ...[...faster, ...settings].flatMap((setting) => ['--dynamic-config-value', setting]),
];

const answers = async (address: string, namespaces: readonly string[]): Promise<boolean> => {
  try {
    const connection = await Connection.connect({ address, connectTimeout: 1_000 });
    for (const namespace of namespaces) await connection.workflowService.describeNamespace({ namespace });
    await connection.close();
    return true;
  } catch {
    // Not up yet; startServer decides when that is a failure.
    return false;
  }
};

/** Starts a Temporal dev server on a free port; resolves when every namespace can be used. */
export const startServer = async (options: ServerOptions): Promise<ServerProcess> => {
  const port = await freePort();
  const log = path.join(options.home, 'server.log');
  const out = openSync(log, 'w');
  const args = [
    '-c',
    endWithParent,
    'temporal',
    options.home,
    options.program,
    ...argumentsOf(options, port),
  ];
  const shell = spawn('sh', args, { stdio: ['pipe', out, out], detached: true });
  closeSync(out);
  const ended = once(shell, 'exit');
  const stop = async () => {
    shell.stdin?.end();
    await ended;
  };
  const address = `127.0.0.1:${port}`;
  for (const until = Date.now() + patienceMs; Date.now() < until; await delay(50))
    if (await answers(address, options.namespaces)) return { address, stop };
  await stop();
  throw new Error(
    `the Temporal server did not start within ${patienceMs / 1000} s: ${readFileSync(log, 'utf8')}`,
  );
};
