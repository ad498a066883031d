import { spawn } from 'node:child_process';

/** Everything that a set-up says goes to stderr: stdout belongs to the command that it prepares. */
export const say = (line) => process.stderr.write(`${line}\n`);

const elapsed = (sinceMs) => `${Math.round((Date.now() - sinceMs) / 1000)} s`;

/**
 * Repeats a step's name while it is silent, so that nobody takes a slow step for a hung one.
 *
 * @param {string} label
 * @param {() => string} [detail] what has been reached
 * @returns {() => void} ends it
 */
export const showProgress = (label, detail = () => '') => {
  const startedMs = Date.now();
  const everyMs = process.stderr.isTTY ? 1_000 : 15_000;
  const line = () => `  ${label}: ${[detail(), elapsed(startedMs)].filter(Boolean).join(', ')}`;
  const timer = setInterval(
    () => process.stderr.write(process.stderr.isTTY ? `\r${line()}` : `${line()}\n`),
    everyMs,
  );
  return () => {
    clearInterval(timer);
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  };
};

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Ends the child when this process is told to end: npm and Go would otherwise go on alone. */
const endTogether = (child) => {
  const handlers = forwarded.map((signal) => {
    const end = () => {
      child.kill(signal);
      process.exit(signal === 'SIGINT' ? 130 : 143);
    };
    process.once(signal, end);
    return () => process.off(signal, end);
  });
  return () => {
    for (const off of handlers) off();
  };
};

/**
 * Runs a program to its end. Its output is kept for the error and, where `onLine` is given, handed over line by line.
 *
 * @param {readonly string[]} command program and arguments
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, onLine?: (line: string) => void, signal?: AbortSignal }} [options]
 * @returns {Promise<{ ok: boolean, output: string }>} ok: it ended with code 0
 */
export const run = ([program, ...args], { cwd, env = process.env, onLine, signal } = {}) =>
  new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, signal, stdio: ['ignore', 'pipe', 'pipe'] });
    const release = endTogether(child);
    let output = '';
    const take = (chunk) => {
      output = `${output}${chunk}`.slice(-200_000);
      if (onLine) for (const line of chunk.split('\n')) if (line.trim() !== '') onLine(line);
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', take);
    const end = (ok, problem = '') => {
      release();
      resolve({ ok, output: `${output}${problem}`.trim() });
    };
    child.once('error', (error) => end(false, error.message));
    child.once('close', (code) => end(code === 0));
  });
