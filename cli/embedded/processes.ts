import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

/** The command line of a process; undefined when there is none. */
export const commandOf = (pid: number): string | undefined => {
  try {
    return (
      execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim() ||
      undefined
    );
  } catch {
    // ps exits with 1 when no such process exists.
    return undefined;
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
};

/** Asks a process to end, and ends it when it does not. */
export const endProcess = async (pid: number, patienceMs: number): Promise<void> => {
  if (!isAlive(pid)) return;
  process.kill(pid, 'SIGTERM');
  for (const until = Date.now() + patienceMs; Date.now() < until; ) {
    if (!isAlive(pid)) return;
    await delay(50);
  }
  if (isAlive(pid)) process.kill(pid, 'SIGKILL');
};
