import { createServer } from 'node:net';

const tryListen = (host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const taken = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve(taken));
    });
  });

/** A port that nobody uses at the moment. */
export const freePort = (host = '127.0.0.1'): Promise<number> => tryListen(host, 0);

/** The port if it is free; otherwise some free one. */
export const preferPort = (port: number, host = '127.0.0.1'): Promise<number> =>
  tryListen(host, port).catch(() => freePort(host));

/** Throws a message that names the setting when the port is taken or may not be opened. */
export const demandPort = async (setting: string, host: string, port: number): Promise<void> => {
  try {
    await tryListen(host, port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'another program uses it' : `${code}`;
    throw new Error(
      `${setting}=${port} cannot be opened on ${host}: ${why}. Set ${setting} to another port, or to 0 for any`,
      { cause: error },
    );
  }
};
