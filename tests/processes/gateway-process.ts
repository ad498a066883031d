import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const server = fileURLToPath(new URL('gateway-main.mjs', import.meta.url));

export interface GatewayProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** Resolves when it is gone, with its exit code. */
  readonly gone: Promise<number | null>;
  /** SIGTERM, and its exit code. */
  stop(): Promise<number | null>;
}

/** A gateway in a process of its own, on a free port. Rejects with what it said when it does not start. */
export const startGatewayProcess = async (env: Readonly<Record<string, string>>): Promise<GatewayProcess> => {
  const child = fork(server, [], {
    env: { PATH: process.env['PATH'] ?? '', LOG_LEVEL: 'error', PORT: '0', ...env },
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  const gone = once(child, 'exit').then(([code]) => code as number | null);
  const ready = once(child, 'message').then(([message]) => (message as { url: string }).url);
  // Everything it said has arrived when its streams are closed.
  const failed = once(child, 'close').then(([code]) => {
    throw new Error(`the gateway ended with ${code}: ${said}`);
  });
  failed.catch(() => {});
  const url = await Promise.race([ready, failed]);
  const stop = () => {
    child.kill('SIGTERM');
    return gone;
  };
  return { url, child, gone, stop };
};
