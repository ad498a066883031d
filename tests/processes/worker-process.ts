import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);

export interface WorkerProcess {
  readonly child: ChildProcess;
  /** Resolves when it is gone, with the signal that ended it. */
  readonly gone: Promise<NodeJS.Signals | null>;
  kill(): Promise<void>;
}

/** A worker of dist/ in a process of its own; with `crashAt` it kills itself with SIGKILL at that point. */
export const startWorkerProcess = async (
  env: Readonly<Record<string, string>>,
  crashAt?: string,
): Promise<WorkerProcess> => {
  const module = crashAt === undefined ? 'dist/workers/main.js' : 'tests/processes/crashing-worker.mjs';
  const args = crashAt === undefined ? ['--no-schedules'] : [];
  const child = fork(fileURLToPath(new URL(module, root)), args, {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      LOG_LEVEL: 'error',
      ...env,
      ...(crashAt === undefined ? {} : { CRASH_AT: crashAt }),
    },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gone = once(child, 'exit').then(([, signal]) => signal as NodeJS.Signals | null);
  const ready = new Promise<void>((resolve) => child.once('message', () => resolve()));
  await Promise.race([
    ready,
    gone.then((signal) => {
      throw new Error(`the worker ended before it was ready (${signal ?? child.exitCode})`);
    }),
  ]);
  return {
    child,
    gone,
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
};
