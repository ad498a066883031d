import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What follows reads /proc: elsewhere nobody is named. */
const readable = <T>(read: () => T, otherwise: T): T => {
  try {
    return read();
  } catch {
    // Not Linux, another user's process, or one that ended meanwhile: then it is not named.
    return otherwise;
  }
};

const listening = '0A';

/** Inodes of the sockets that listen on a port. */
const inodesOf = (port: number): Set<string> => {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const lines = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
    readable(() => readFileSync(file, 'utf8').split('\n').slice(1), []),
  );
  const rows = lines.map((line) => line.trim().split(/\s+/));
  const held = rows.filter((row) => row[1]?.endsWith(`:${wanted}`) && row[3] === listening);
  return new Set(held.map((row) => `socket:[${row[9]}]`));
};

const socketsOf = (pid: string): string[] =>
  readable(() => readdirSync(`/proc/${pid}/fd`), []).map((fd) =>
    readable(() => readlinkSync(`/proc/${pid}/fd/${fd}`), ''),
  );

/** The first words of a command line tell it apart; arguments may hold secrets. */
const nameOf = (pid: string): string =>
  readable(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim(), 'a program');

/** `pid 812 (node)`; undefined where the system does not say. */
export const holderOf = (port: number): string | undefined => {
  const inodes = inodesOf(port);
  const pids = readable(() => readdirSync('/proc'), []).filter((name) => /^\d+$/.test(name));
  const pid = pids.find((one) => socketsOf(one).some((socket) => inodes.has(socket)));
  return pid === undefined ? undefined : `pid ${pid} (${nameOf(pid)})`;
};
