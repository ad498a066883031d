import { ne } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { Sqlite } from '../../sqlite.ts';
import { openStore } from '../database.ts';
import { tradingStateRows } from '../schema.ts';
import { recordAct } from './audit.ts';
import { type TradingStateRow, tighten } from './standing.ts';

const isThere = (client: Sqlite.Database, table: string): boolean =>
  client.prepare("select 1 from sqlite_master where type = 'table' and name = ?").get(table) !== undefined;

const heldIn = (client: Sqlite.Database): TradingStateRow[] => {
  if (isThere(client, 'trading_states'))
    return drizzle({ client })
      .select()
      .from(tradingStateRows)
      .where(ne(tradingStateRows.state, 'ACTIVE'))
      .all();
  // Older stores knew no kill.
  if (isThere(client, 'arms')) return [];
  throw new Error('an empty database is no parameter store');
};

/** The trading states that are not ACTIVE in the store at this path. Throws where it cannot be read. */
export const tradingHeldIn = (path: string): TradingStateRow[] => {
  const client = new Sqlite(path, { readonly: true, fileMustExist: true });
  try {
    return heldIn(client);
  } finally {
    client.close();
  }
};

export interface CarriedOver {
  /** Of the store that takes the other one's place. */
  readonly path: string;
  readonly domain: string;
  readonly states: readonly TradingStateRow[];
  readonly actor: string;
}

/** Of a store that a restore replaces: what was killed there stays killed, until a person resumes it. */
export const carryOverTrading = ({ path, domain, states, actor }: CarriedOver): void => {
  const store = openStore({ path, domain });
  try {
    store.write((db) => {
      for (const row of states) {
        const { target, state, reason, since } = row;
        const detail = { state, changed: tighten(db, row), carried_over: true, killed_by: row.actor, since };
        recordAct(db, { actor, action: 'kill', target, reason, detail }, Date.now());
      }
    });
  } finally {
    store.close();
  }
};
