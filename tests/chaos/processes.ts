import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** At which of these points a process ends itself, and how. */
export interface Order {
  readonly points: readonly string[];
  /** At the how manyeth passing of any of them, from 1. */
  readonly nth: number;
  readonly signal: 'SIGKILL' | 'SIGSTOP';
  /** A file, in which it says at which one. */
  readonly note: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** Resolves with the signal that ended it. */
  readonly gone: Promise<NodeJS.Signals | null>;
  readonly message: (wanted: string) => Promise<Record<string, unknown>>;
  readonly kill: (signal?: NodeJS.Signals) => Promise<void>;
  /** What it wrote to stderr, the last of it. */
  readonly said: () => string;
}

const kept = 8_000;

/** A process of this folder, in an environment of its own; it ends when this one does, since its channel closes. */
export const start = (
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running => {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said = `${said}${chunk}`.slice(-kept);
  });
  const gone = once(child, 'exit').then(([, signal]) => signal as NodeJS.Signals | null);
  const heard = new Map<string, Promise<Record<string, unknown>>>();
  for (const type of ['loaded', 'ready'])
    heard.set(
      type,
      new Promise((resolve) => {
        child.on('message', (message: Record<string, unknown>) => {
          if (message['type'] === type) resolve(message);
        });
      }),
    );
  const message = async (wanted: string) => {
    const ended = gone.then((signal) => {
      throw new Error(`${file} ended (${signal ?? child.exitCode}) before it was ${wanted}: ${said}`);
    });
    return await Promise.race([heard.get(wanted) as Promise<Record<string, unknown>>, ended]);
  };
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    child.kill(signal);
    await gone;
  };
  return { child, gone, message, kill, said: () => said };
};

/** Sends to a process that may be gone by now. */
export const tell = ({ child }: Running, message: object): void => {
  if (child.connected) child.send(message, () => {});
};

/** Keeps one more than is running: loaded, and waiting for its start. */
export const standby = (file: string, args: readonly string[] = []) => {
  let next = start(file, args);
  return {
    /** Until it waits. */
    loaded: () => next.message('loaded'),
    take: async (): Promise<Running> => {
      const taken = next;
      next = start(file, args);
      await taken.message('loaded');
      return taken;
    },
    close: () => next.kill(),
  };
};
