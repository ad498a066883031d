import { DefaultLogger, type LogLevel } from '@temporalio/worker';
import pino from 'pino';

/** As pino's own, but a failure is called what it is (`Fenced`), not what its class is (`ApplicationFailure`). */
export const errorFields = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error;
  const fields = pino.stdSerializers.err(error);
  return 'type' in error && typeof error.type === 'string' ? { ...fields, type: error.type } : fields;
};

/** JSON lines on stderr: stdout belongs to what a command answers. Keys and tokens never reach it. */
export const createLog = (level: string, role: string): pino.Logger =>
  pino(
    {
      level,
      base: { role, pid: process.pid },
      serializers: { err: errorFields, error: errorFields },
      redact: {
        paths: [
          '*.apiKey',
          '*.apiSecret',
          '*.proxyUrl',
          '*.jwtSecret',
          '*.apiKeys',
          '*.payloadKeys',
          '*.authorization',
        ],
        remove: true,
      },
    },
    pino.destination(2),
  );

const levels: Readonly<Record<LogLevel, pino.Level>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'debug',
  WARN: 'warn',
  ERROR: 'error',
};

type Meta = Readonly<Record<string, unknown>>;

/** The run is `runId` in every line, whichever part of the SDK writes it; a task's token helps nobody. */
const ourNames = ({ workflowRunId, ...meta }: Meta): Meta => ({
  ...meta,
  ...(workflowRunId === undefined ? {} : { runId: workflowRunId }),
  taskToken: undefined,
});

/** The SDK's own lines in our format; what it calls information (state changes, bundle sizes) is detail here. */
export const temporalLogger = (log: pino.Logger): DefaultLogger =>
  new DefaultLogger('DEBUG', ({ level, message, meta = {} }) => log[levels[level]](ourNames(meta), message));
