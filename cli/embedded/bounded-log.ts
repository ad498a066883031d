import { copyFileSync, existsSync, statSync, truncateSync } from 'node:fs';
import { tellingOnce } from '../../told-once.ts';

export interface LogBounds {
  readonly maxBytes: number;
  readonly everyMs: number;
}

const usual: LogBounds = { maxBytes: 5 * 1024 * 1024, everyMs: 60_000 };

/**
 * Keeps one older file beside the log. The writer holds the file open for appending, so it is copied and emptied in
 * place; what is written between the two is lost, which a log may.
 */
export const rotate = (file: string, maxBytes: number): boolean => {
  if (!existsSync(file) || statSync(file).size <= maxBytes) return false;
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
  return true;
};

/**
 * Bounds the log of a process that outlives us: at each start, and now and then; on a full disk it grows on, and that is
 * said. Returns how to stop.
 */
export const boundLog = (
  file: string,
  say: (line: string) => void,
  { maxBytes, everyMs }: LogBounds = usual,
): (() => void) => {
  const safely = tellingOnce(({ message }) => say(`${file} is not kept short: ${message}`));
  const look = (): void => void safely(() => rotate(file, maxBytes));
  look();
  const timer = setInterval(look, everyMs);
  timer.unref();
  return () => clearInterval(timer);
};
