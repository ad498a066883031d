import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';

export interface KillableServer {
  readonly address: string;
  kill(): Promise<void>;
  /** On the same port and database. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Says the server's pid, and ends it when our end of the pipe closes, however this process ends. It waits for its end:
 * a killed server holds its port until the system has taken it down, and the next one would not get it.
 */
const endWithParent =
  '"$@" </dev/null >/dev/null 2>&1 & server=$!; echo "$server"; read -r _; kill -9 "$server" 2>/dev/null; wait "$server"';

const faster = [
  ...['history.transferProcessorMaxPollRPS=2000', 'history.timerProcessorMaxPollRPS=2000'],
  // What a worker that died or stands still was given is given to another one after this, not after ten seconds.
  'history.defaultWorkflowTaskTimeout="3s"',
];

const launch = async (program: string, args: readonly string[]) => {
  const shell = spawn('sh', ['-c', endWithParent, 'temporal', program, ...args], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  const [pid] = (await once(createInterface(shell.stdout), 'line')) as [string];
  const stop = async () => {
    shell.stdin.end();
    if (shell.exitCode === null && shell.signalCode === null) await once(shell, 'exit');
  };
  return { pid: Number(pid), stop };
};

/**
 * Below the range that the system gives to outgoing connections: a client that tries to reach a dead server would now
 * and then be given the server's own port, and keep it.
 */
const portOfItsOwn = async (): Promise<number> => {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const probe = createServer().listen(port, '127.0.0.1');
    const isFree = await once(probe, 'listening').then(
      () => true,
      () => false,
    );
    await new Promise((resolve) => probe.close(resolve));
    if (isFree) return port;
  }
};

const untilAnswering = async (address: string): Promise<void> => {
  for (const until = Date.now() + 60_000; Date.now() < until; await delay(50)) {
    const connection = await Connection.connect({ address, connectTimeout: 1_000 }).catch(() => undefined);
    if (!connection) continue;
    const found = await connection.workflowService
      .describeNamespace({ namespace: 'default' })
      .catch(() => undefined);
    await connection.close();
    if (found) return;
  }
  throw new Error(`the Temporal server at ${address} does not answer`);
};

/** A Temporal dev server with a database of its own, to be killed and started again. */
export const startKillableServer = async (program: string, home: string): Promise<KillableServer> => {
  const port = await portOfItsOwn();
  const address = `127.0.0.1:${port}`;
  const args = [
    ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port)],
    ...['--db-filename', path.join(home, 'temporal.db'), '--log-level', 'error'],
    ...faster.flatMap((setting) => ['--dynamic-config-value', setting]),
  ];
  let running = await launch(program, args);
  await untilAnswering(address);
  const kill = async () => {
    process.kill(running.pid, 'SIGKILL');
    await running.stop();
  };
  return {
    address,
    kill,
    restart: async () => {
      running = await launch(program, args);
      await untilAnswering(address);
    },
    stop: () => running.stop(),
  };
};
