import { eq } from 'drizzle-orm';
import type { StrategySchemas } from '../strategy_schemas/load.ts';
import { schemasActor } from './arms.ts';
import { canonicalJson } from './canonical.ts';
import type { Db, Store } from './database.ts';
import { recordAct } from './guardrails/audit.ts';
import { schemaHash } from './policies.ts';
import { meta } from './schema.ts';

interface Edition {
  readonly version: number;
  /** Of the whole schema: a version that nobody raised hides no change. */
  readonly hash: string;
}

/** The schemas that are served from, by strategy; plain JSON. */
export type Editions = Readonly<Record<string, Edition>>;

export const editionsOf = (schemas: StrategySchemas): Editions =>
  Object.fromEntries(
    [...schemas].map(([strategy, schema]) => [
      strategy,
      { version: schema.version, hash: schemaHash(schema) },
    ]),
  );

const row = eq(meta.name, 'strategy_schemas');

const reasonOf = (from: Edition | undefined, to: Edition | undefined): string => {
  if (!from) return 'its schema is new';
  return to ? 'its schema changed' : 'its schema is gone';
};

/** Compares with what the store was last served from, in one transaction: of two gateways, and of two threads, one says it. */
const record = (db: Db, editions: Editions, now: number): void => {
  const value = canonicalJson(editions);
  const stored = db.select().from(meta).where(row).get()?.value;
  if (stored === value) return;
  db.insert(meta)
    .values({ name: 'strategy_schemas', value })
    .onConflictDoUpdate({ target: meta.name, set: { value } })
    .run();
  if (stored === undefined) return;
  const before = JSON.parse(stored) as Editions;
  for (const target of [...new Set([...Object.keys(before), ...Object.keys(editions)])].sort()) {
    const [from, to] = [before[target], editions[target]];
    if (from?.hash === to?.hash) continue;
    const detail = { from: from ?? null, to: to ?? null };
    recordAct(db, { actor: schemasActor, action: 'schema', target, reason: reasonOf(from, to), detail }, now);
  }
};

/** Puts changed schemas on record, strategy by strategy, with version and hash of before and after. */
export const createRecordSchemas =
  ({ write }: Store, { clock }: { clock: () => number }) =>
  (editions: Editions): void =>
    write((db) => record(db, editions, clock()));
