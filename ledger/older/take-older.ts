import { sql } from 'drizzle-orm';
import type { Store, Writer } from '../database.ts';
import { writeDurably } from '../durable-file.ts';
import type { Older } from './bring-over.ts';
import type { OlderPlace } from './place.ts';
import { isOlder, readOlder } from './schema.ts';

/** Beside the ledger: the manifest as the older stack left it. */
export const backupOf = (path: string): string => `${path}.python-stack.bak`;

const rollbackJournal = 1;

/** The whole database as one file, which opens without a write-ahead log beside it. */
const standalone = (image: Buffer): Buffer => {
  const copy = Buffer.from(image);
  copy[18] = rollbackJournal;
  copy[19] = rollbackJournal;
  return copy;
};

/**
 * When this is a manifest of the older stack: puts a copy of it aside, durably, and takes its rows out of the way of the
 * tables of the ledger, all under the caller's lock and in its transaction. undefined when it is none.
 */
export const takeOlder = (tx: Writer, store: Store, path: string, place: OlderPlace): Older | undefined => {
  if (!isOlder(tx)) return undefined;
  const backup = backupOf(path);
  writeDurably(backup, standalone(store.image()), { crash: place.crash });
  place.crash?.('older:copied');
  const { rows, watermarks } = readOlder(tx);
  tx.run(sql`drop table files`);
  tx.run(sql`drop table if exists watermarks`);
  return { rows, watermarks, backup };
};
