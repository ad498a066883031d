import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { z } from 'zod';
import { freePort, preferPort } from '../../ports.ts';
import { connectClient } from '../../temporal/connect.ts';
import { retentionMs, setRetention } from '../../temporal/retention.ts';
import { boundLog } from './bounded-log.ts';
import { readNote, writeNote } from './note.ts';
import { commandOf, endProcess } from './processes.ts';

export interface TemporalServer {
  readonly address: string;
  readonly uiUrl: string;
  /** Whether it was left by an earlier run and is used again. */
  readonly reused: boolean;
  stop(): Promise<void>;
}

const runningSchema = z.object({ pid: z.int(), port: z.int(), uiPort: z.int() });

type Running = z.infer<typeof runningSchema>;

export interface ServerOptions {
  readonly binary: string;
  readonly stateDir: string;
  readonly namespace: string;
  /** How long runs that have ended stay in the database. */
  readonly retentionMs: number;
  /** Free ports instead of 7233 and 8233. */
  readonly anyPorts: boolean;
  /** Told what a person should know. */
  readonly say?: (line: string) => void;
}

const startPatienceMs = 60_000;

/** Without these the dev server polls its queues 20 times a second, and a step of a workflow takes 150 ms instead of 40. */
const faster = ['history.transferProcessorMaxPollRPS=2000', 'history.timerProcessorMaxPollRPS=2000'];

/**
 * The embedded Temporal server, with its database in the state directory. It is started detached, so that it outlives
 * a Ctrl-C until the workers have stopped; one left by a killed run is found by its note and used again, or ended.
 */
export const startTemporal = async (options: ServerOptions): Promise<TemporalServer> => {
  const home = path.join(options.stateDir, 'temporal');
  mkdirSync(home, { recursive: true });
  const left = await leftover(home, options);
  const running = left ?? (await launch(home, options));
  const address = `127.0.0.1:${running.port}`;
  await keepFor(address, options);
  const unboundLog = boundLog(logOf(home), options.say ?? (() => undefined));
  return {
    address,
    uiUrl: `http://127.0.0.1:${running.uiPort}`,
    reused: left !== undefined,
    stop: async () => {
      unboundLog();
      await endProcess(running.pid, 10_000);
      rmSync(noteOf(home), { force: true });
    },
  };
};

/** Without it the database would keep what the server's own default says, and an edit of the setting would do nothing. */
const keepFor = async (address: string, { namespace, retentionMs: wanted }: ServerOptions): Promise<void> => {
  const client = await connectClient({ address, namespace });
  try {
    if ((await retentionMs(client, namespace)) !== wanted) await setRetention(client, namespace, wanted);
  } finally {
    await client.connection.close();
  }
};

const logOf = (home: string): string => path.join(home, 'server.log');
const noteOf = (home: string): string => path.join(home, 'server.json');
const databaseOf = (home: string): string => path.join(home, 'temporal.db');

const leftover = async (home: string, { say }: ServerOptions): Promise<Running | undefined> => {
  const note = readNote(noteOf(home), runningSchema);
  if (note?.problem)
    say?.(
      `${note.problem}: no Temporal server of an earlier run is looked for; if one still has ${databaseOf(home)} open, end it`,
    );
  const noted = note?.value;
  if (noted === undefined) return undefined;
  // The pid may belong to another program by now: only a server on our database is ours.
  if (!commandOf(noted.pid)?.includes(databaseOf(home))) return undefined;
  if (await answers(noted.port, 2_000)) return noted;
  await endProcess(noted.pid, 5_000);
  return undefined;
};

const launch = async (home: string, { binary, namespace, anyPorts }: ServerOptions): Promise<Running> => {
  const port = await (anyPorts ? freePort() : preferPort(7233));
  const uiPort = await (anyPorts ? freePort() : preferPort(8233));
  const log = logOf(home);
  const out = openSync(log, 'a');
  const child = spawn(binary, argumentsOf(home, namespace, port, uiPort), {
    detached: true,
    stdio: ['ignore', out, out],
  });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (error) =>
      reject(new Error(`the Temporal server ${binary} cannot be started: ${error.message}`)),
    );
    child.once('exit', (code) => reject(new Error(`the Temporal server ended (${code}): ${tail(log)}`)));
  });
  failed.catch(() => undefined);
  child.unref();
  // A forced end has no time to stop it in order; the signal is sent all the same.
  process.once('exit', () => child.kill('SIGTERM'));
  const running = { pid: child.pid ?? 0, port, uiPort };
  try {
    // Noted before it answers: killed in between, the next start still finds it.
    writeNote(noteOf(home), running);
    await Promise.race([failed, untilAnswering(port, log)]);
  } catch (error) {
    if (child.pid !== undefined) await endProcess(child.pid, 5_000);
    throw error;
  }
  return running;
};

const argumentsOf = (home: string, namespace: string, port: number, uiPort: number): string[] => [
  'server',
  'start-dev',
  ...['--db-filename', databaseOf(home)],
  ...['--namespace', namespace],
  ...['--ip', '127.0.0.1', '--port', String(port), '--ui-ip', '127.0.0.1', '--ui-port', String(uiPort)],
  ...['--log-level', 'error'],
  ...faster.flatMap((setting) => ['--dynamic-config-value', setting]),
];

const answers = async (port: number, timeoutMs: number): Promise<boolean> => {
  try {
    const connection = await Connection.connect({ address: `127.0.0.1:${port}`, connectTimeout: timeoutMs });
    await connection.close();
    return true;
  } catch {
    // Not there (yet): the caller decides whether that is a failure.
    return false;
  }
};

const untilAnswering = async (port: number, log: string): Promise<void> => {
  for (const until = Date.now() + startPatienceMs; Date.now() < until; await delay(100)) {
    if (await answers(port, 1_000)) return;
  }
  throw new Error(
    `the Temporal server does not answer on port ${port} after ${startPatienceMs / 1000} s: ${tail(log)}`,
  );
};

const tail = (file: string): string => readFileSync(file, 'utf8').trim().split('\n').slice(-5).join('\n');

/** The server that an embedded run of this state directory keeps; undefined when there is none. */
export const runningServer = (
  stateDir: string,
): { readonly address: string; readonly uiUrl: string } | undefined => {
  const home = path.join(stateDir, 'temporal');
  const noted = readNote(noteOf(home), runningSchema)?.value;
  if (noted === undefined) return undefined;
  const { pid, port, uiPort } = noted;
  if (!commandOf(pid)?.includes(databaseOf(home))) return undefined;
  return { address: `127.0.0.1:${port}`, uiUrl: `http://127.0.0.1:${uiPort}` };
};
