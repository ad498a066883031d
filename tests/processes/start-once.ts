import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LoopSummary } from '../../cli/embedded/loop.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export const replayFolder = fileURLToPath(new URL('../../../shared/data/candles/', import.meta.url));

export interface OnceResult {
  readonly code: number | null;
  readonly summary: LoopSummary;
  readonly stderr: string;
}

/** Runs the command that users run, in a process of its own, with nothing of the caller's settings. */
export const startOnce = async (env: Readonly<Record<string, string>>): Promise<OnceResult> => {
  const inherited = Object.fromEntries(
    ['PATH', 'HOME', 'XDG_CACHE_HOME', 'TEMPORAL_CLI_PATH'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const child = spawn('npm', ['start', '--silent', '--', '--once', '--json'], {
    cwd: root,
    env: { ...inherited, LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (output.stdout += chunk));
  child.stderr.on('data', (chunk) => (output.stderr += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (!output.stdout.startsWith('{'))
    throw new Error(`exit ${code}, no summary on stdout:\n${output.stderr}`);
  return { code, summary: JSON.parse(output.stdout) as LoopSummary, stderr: output.stderr };
};
