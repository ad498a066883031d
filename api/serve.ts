import pino from 'pino';
import { loadProcessConfig } from '../config.ts';
import type { ThreadDeps } from '../controller/thread/client.ts';
import { type Gateway, openGateway } from './gateway.ts';

/** JSON lines on stderr: stdout belongs to what a command answers. */
const createLog = (level: string) =>
  pino({ level, base: { role: 'gateway', pid: process.pid } }, pino.destination(2));

/** Says why, and ends the process. */
export const fail = (error: unknown): never => {
  process.stderr.write(`gateway: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
};

const stopWhenTold = (gateway: Gateway): void => {
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    stopping ??= gateway.stop().then(() => process.exit(0), fail);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  // The channel closes when the parent dies, and a gateway that nobody can stop must not stay.
  process.once('disconnect', stop);
};

/** Reads the settings, serves until it is told to stop, lets what it is answering end. */
export const serve = async (env: NodeJS.ProcessEnv, threads: ThreadDeps = {}): Promise<void> => {
  const child = process.send !== undefined;
  const config = loadProcessConfig(env, { child, say: console.error });
  const log = createLog(config.logLevel);
  const gateway = await openGateway(config, log, threads);
  stopWhenTold(gateway);
  log.info({ url: gateway.url }, 'serving');
  process.send?.({ type: 'ready', url: gateway.url });
};
