import { DefaultLogger, type LogLevel } from '@temporalio/worker';
import pino from 'pino';

/** JSON lines on stderr: stdout belongs to what a command answers. Keys and tokens never reach it. */
export const createLog = (level: string, role: string): pino.Logger =>
  pino(
    {
      level,
      base: { role, pid: process.pid },
      redact: {
        paths: ['*.apiKey', '*.apiSecret', '*.jwtSecret', '*.apiKeys', '*.payloadKeys', '*.authorization'],
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

/** The SDK's own lines in our format; what it calls information (state changes, bundle sizes) is detail here. */
export const temporalLogger = (log: pino.Logger): DefaultLogger =>
  new DefaultLogger('DEBUG', ({ level, message, meta }) => log[levels[level]]({ ...meta }, message));
