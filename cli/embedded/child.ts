import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface ChildOptions {
  readonly name: string;
  /** Beside this file in dist/: `../../workers/main.js`. */
  readonly module: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Restart it when it ends unasked; otherwise that is the end of the whole run. */
  readonly restart: boolean;
  readonly say: (line: string) => void;
}

export interface Child {
  /** Where the gateway listens. */
  readonly url: string | undefined;
  /** Rejects when the child ended unasked and is not restarted. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

const readyPatienceMs = 60_000;
const stopPatienceMs = 25_000;
const longestBackoffMs = 30_000;

/** Starts a process of ours and waits until it says that it is ready. Its output goes to stderr. */
export const startChild = async (options: ChildOptions): Promise<Child> => {
  let stopping = false;
  let current = launch(options);
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined);
  const { url } = await current.ready;

  const watch = async (): Promise<void> => {
    for (let backoffMs = 500; ; backoffMs = Math.min(2 * backoffMs, longestBackoffMs)) {
      const how = await current.exited;
      if (stopping) return;
      if (!options.restart) return fail(new Error(`${options.name} ended unasked (${how})`));
      options.say(`${options.name} ended unasked (${how}); starting it again`);
      await delay(backoffMs);
      if (stopping) return;
      current = launch(options);
      await current.ready.catch((error: Error) => options.say(error.message));
    }
  };
  // It can fail where no further process can be started: that ends the run in order.
  watch().catch(fail);

  return {
    url,
    failed,
    stop: async () => {
      stopping = true;
      await end(current.process, current.exited);
    },
  };
};

const launch = ({ name, module, args, env }: ChildOptions) => {
  const child = fork(fileURLToPath(new URL(module, import.meta.url)), args, {
    env,
    // Ctrl-C goes to a whole process group: in one of its own the child is stopped by us, in order.
    // When we are killed the channel closes, and it ends by itself.
    detached: true,
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(String(signal ?? code)));
    // Of one that could not be started there is no exit.
    child.on('error', (error) => child.pid === undefined && resolve(error.message));
  });
  const ready = new Promise<{ url: string | undefined }>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${name} is not ready after ${readyPatienceMs / 1000} s`)),
      readyPatienceMs,
    );
    child.on('message', (message: { type?: string; url?: string }) => {
      if (message.type !== 'ready') return;
      clearTimeout(timer);
      resolve({ url: message.url });
    });
    void exited.then((how) => {
      clearTimeout(timer);
      reject(new Error(`${name} ended before it was ready (${how}); its reason is above`));
    });
  });
  ready.catch(() => undefined);
  return { process: child, exited, ready };
};

const end = async (child: ChildProcess, exited: Promise<string>): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const patience = delay(stopPatienceMs, undefined, { ref: false }).then(() => child.kill('SIGKILL'));
  await Promise.race([exited, patience]);
  await exited;
};
