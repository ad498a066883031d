import pino from 'pino';

/** JSON lines on stderr: stdout belongs to what a command answers. Keys and tokens never reach it. */
export const createLog = (level: string, role: string): pino.Logger =>
  pino(
    {
      level,
      base: { role, pid: process.pid },
      redact: {
        paths: ['*.apiKey', '*.apiSecret', '*.jwtSecret', '*.apiKeys', '*.authorization'],
        remove: true,
      },
    },
    pino.destination(2),
  );
