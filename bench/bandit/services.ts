import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../ports.ts';

/** A service under load, in a process of its own. */
export interface Service {
  readonly name: string;
  readonly port: number;
  stop(): Promise<void>;
}

const builtFile = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const stopChild = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
};

const forked = async (name: string, file: string, env: Record<string, string>): Promise<Service> => {
  const child = fork(file, [], {
    env: { PATH: process.env['PATH'] ?? '', LOG_LEVEL: 'error', PORT: '0', ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`${name} ended with ${code}`);
  });
  failed.catch(() => {});
  const [message] = (await Promise.race([once(child, 'message'), failed])) as [{ url: string }];
  return { name, port: Number(new URL(message.url).port), stop: () => stopChild(child) };
};

export const temporaryRoot = () => {
  const root = mkdtempSync(join(tmpdir(), 'bench-bandit-'));
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
};

/** The built gateway over the parameter store of a folder; Temporal is not there and not asked. */
export const startGateway = (root: string): Promise<Service> =>
  forked('gateway', builtFile('../../api/server.js'), {
    DATA_DIR: join(root, 'ml'),
    PC_DB: join(root, 'pc.sqlite'),
    MODELS_DIR: join(root, 'models'),
    TEMPORAL_ADDRESS: '127.0.0.1:9',
  });

/** A Hono app with one route that answers as many bytes from memory. */
export const startBare = (): Promise<Service> => forked('bare Hono', builtFile('bare-server.js'), {});

/** BANDIT_PYTHON, else python3, where it has what the peer needs. */
export const findPython = (): string | undefined => {
  const python = process.env['BANDIT_PYTHON'] ?? 'python3';
  try {
    execFileSync(python, ['-c', 'import fastapi, uvicorn, numpy'], { stdio: 'ignore' });
    return python;
  } catch {
    return undefined;
  }
};

export const startPeer = async (python: string, root: string): Promise<Service> => {
  const port = await freePort();
  // dist/ holds no Python: the source lies beside it.
  const script = builtFile('../../../bench/peer/bandit_service.py');
  const child = spawn(python, [script, String(port), join(root, 'peer.sqlite')], {
    env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`the peer ended with ${child.exitCode}`);
    const answer = await fetch(`http://127.0.0.1:${port}/openapi.json`).catch(() => undefined);
    if (answer?.ok) return { name: 'FastAPI', port, stop: () => stopChild(child) };
    await setTimeout(50);
  }
  await stopChild(child);
  throw new Error('the peer did not start');
};

/** Posts to a service; throws on an answer that is not 200. */
export const post = async ({ name, port }: Service, path: string, body: object): Promise<void> => {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${name} ${path}: ${answer.status} ${text}`);
};
