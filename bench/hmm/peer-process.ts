import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Lap } from './contestant.ts';

/** A program that holds one case and answers each line with "CPU-seconds log-likelihood". */
export interface PeerProcess {
  ask(command: string): Promise<Lap>;
  stop(): void;
}

/** One thread each, for a fair comparison of CPU time. */
const oneThread = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };

/** Starts the program and waits for its line "ready". */
export const startPeer = async (command: string, args: readonly string[]): Promise<PeerProcess> => {
  const child = spawn(command, args, {
    env: { ...process.env, ...oneThread },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const next = lineReader(child, command);
  const ready = await next();
  if (ready !== 'ready') throw new Error(`${command} said ${ready}`);
  return {
    async ask(line) {
      child.stdin.write(`${line}\n`);
      const [seconds, logLikelihood] = (await next()).split(' ').map(Number);
      return { seconds: seconds!, logLikelihood: logLikelihood! };
    },
    stop: () => void child.kill(),
  };
};

/** Each call gives the next line; it rejects when the program ended. */
const lineReader = (child: ChildProcess, command: string): (() => Promise<string>) => {
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}`)));
  });
  ended.catch(() => undefined);
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const read = async (): Promise<string> => {
    const { value, done } = await lines.next();
    return done ? await ended : value;
  };
  return () => Promise.race([read(), ended]);
};
