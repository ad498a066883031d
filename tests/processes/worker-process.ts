import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);

export interface WorkerProcess {
  readonly child: ChildProcess;
  /** Where it answers /metrics and /health, with WORKER_METRICS_ADDRESS. */
  readonly metricsUrl: string | undefined;
  /** Resolves when it is gone, with the signal that ended it. */
  readonly gone: Promise<NodeJS.Signals | null>;
  kill(): Promise<void>;
}

/**
 * A worker of dist/ in a process of its own; with `crashAt` it kills itself with SIGKILL at that point, with STOP_AT in
 * `env` it stops there; else it runs with `plainArgs`. Its log goes to `onLog`, or to the test's own stderr.
 */
export const startWorkerProcess = async (
  env: Readonly<Record<string, string>>,
  crashAt?: string,
  onLog?: (text: string) => void,
  plainArgs: readonly string[] = ['--no-schedules'],
): Promise<WorkerProcess> => {
  const isPlain = crashAt === undefined && env['STOP_AT'] === undefined;
  const module = isPlain ? 'dist/workers/main.js' : 'tests/processes/crashing-worker.mjs';
  const args = isPlain ? plainArgs : [];
  const child = fork(fileURLToPath(new URL(module, root)), args, {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      LOG_LEVEL: 'error',
      ...env,
      ...(crashAt === undefined ? {} : { CRASH_AT: crashAt }),
    },
    execArgv: [],
    stdio: ['ignore', 'ignore', onLog ? 'pipe' : 'inherit', 'ipc'],
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => onLog?.(text));
  const gone = once(child, 'exit').then(([, signal]) => signal as NodeJS.Signals | null);
  const ready = once(child, 'message').then(([message]) => message as { metricsUrl?: string });
  const { metricsUrl } = await Promise.race([
    ready,
    gone.then((signal) => {
      throw new Error(`the worker ended before it was ready (${signal ?? child.exitCode})`);
    }),
  ]);
  return {
    child,
    metricsUrl,
    gone,
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
};
