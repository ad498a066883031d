import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/**
 * A way to the server that can be cut. A process that is stopped keeps its connections, and the server goes on handing
 * tasks to its polls; a machine that stalls, or its network, does not.
 */
export const openLine = async (address: string) => {
  const [host, port] = address.split(':');
  const ends = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), host);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(one);
      one.on('error', () => other.destroy()).on('close', () => ends.delete(one) && other.destroy());
      one.pipe(other);
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('no port was given');
  const cut = (): void => ends.forEach((end) => end.destroy());
  return {
    address: `127.0.0.1:${at.port}`,
    /** Ends what is connected; new connections are taken. */
    cut,
    close: async (): Promise<void> => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
