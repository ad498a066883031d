import { count, desc, eq } from 'drizzle-orm';
import { type Run, raise } from './alerts.ts';
import { record } from './audit.ts';
import type { Reader, Store, Writer } from './database.ts';
import { LedgerError } from './errors.ts';
import { mintFence } from './meta.ts';
import { type promotionKinds, promotions } from './schema/versions.ts';
import { kill, type NewKill, requireTraining, type TrainingKill } from './training-kills.ts';
import { livingVersion } from './version-rows.ts';

export type PromotionRow = typeof promotions.$inferSelect;

export interface PromotionRequest {
  readonly versionId: string;
  readonly kind: (typeof promotionKinds)[number];
  readonly actor: string;
  readonly reason: string;
  /** The version that the decision was made against; null: no champion yet. Left out: whatever it is. */
  readonly expectedChampion?: string | null;
  /** The same request again answers the same row. */
  readonly requestId: string;
  /** The run that asks for it, for the alert. */
  readonly run?: Run | undefined;
}

export const championRow = (db: Reader): PromotionRow | undefined =>
  db.select().from(promotions).orderBy(desc(promotions.fence)).limit(1).get();

/** The same request, done before. */
const promotedBefore = (tx: Writer, { requestId, versionId }: PromotionRequest): PromotionRow | undefined => {
  const found = tx.select().from(promotions).where(eq(promotions.requestId, requestId)).get();
  if (!found || found.versionId === versionId) return found;
  throw new LedgerError('Conflict', `the request ${requestId} promoted ${found.versionId}, not ${versionId}`);
};

const requireChampion = (champion: string | null, expected: string | null | undefined): void => {
  if (expected === undefined || expected === champion) return;
  throw new LedgerError('Conflict', `the champion is ${champion ?? 'none'}, not ${expected ?? 'none'}`);
};

const insertPromotion = (tx: Writer, request: PromotionRequest, previous: string | null, now: number) => {
  const { versionId, kind, actor, reason, requestId } = request;
  return tx
    .insert(promotions)
    .values({
      fence: mintFence(tx),
      versionId,
      kind,
      actor,
      reason,
      requestId,
      previousVersionId: previous,
      createdAt: now,
    })
    .returning()
    .get();
};

/** What serves changed: people are told in the same transaction. */
const tell = (tx: Writer, row: PromotionRow, run: Run | undefined, now: number): void => {
  const { kind, versionId, previousVersionId: previous, actor, reason, fence } = row;
  const after = previous === null ? '' : ` after ${previous}`;
  raise(tx, now, {
    ...{ kind: kind === 'promote' ? 'promotion' : 'rollback', subject: versionId, run },
    message: `${versionId} serves${after} (${kind} by ${actor}): ${reason}`,
    detail: { version: versionId, previous, kind, actor, reason, fence },
  });
};

const move = (tx: Writer, request: PromotionRequest, now: number): PromotionRow => {
  livingVersion(tx, request.versionId);
  const previous = championRow(tx)?.versionId ?? null;
  requireChampion(previous, request.expectedChampion);
  const row = insertPromotion(tx, request, previous, now);
  record(tx, now, {
    actor: request.actor,
    action: `version.${request.kind}`,
    subject: request.versionId,
    detail: { fence: row.fence, previous, reason: request.reason },
  });
  tell(tx, row, request.run, now);
  return row;
};

/** While the loop is killed what serves is fixed. A link that was moved by hand is followed all the same. */
const promote = (tx: Writer, request: PromotionRequest, now: number): PromotionRow => {
  const before = promotedBefore(tx, request);
  if (before) return before;
  if (request.kind === 'promote' || request.kind === 'rollback') requireTraining(tx);
  return move(tx, request, now);
};

/** The kill, and the pinned version on top of the champions, where another one serves. */
const killAndPin = (tx: Writer, request: NewKill, now: number): TrainingKill => {
  if (request.pinnedVersionId !== undefined) livingVersion(tx, request.pinnedVersionId);
  const row = kill(tx, request, now);
  const { pinnedVersionId: pinned, resumedAt } = row;
  const champion = championRow(tx);
  if (pinned === null || resumedAt !== null || champion?.versionId === pinned) return row;
  const reason = `pinned while the training loop is killed: ${request.reason}`;
  const requestId = `pin:${row.seq}:${champion?.fence ?? 0}`;
  move(tx, { ...{ versionId: pinned, kind: 'rollback', reason, requestId }, actor: request.actor }, now);
  return row;
};

/**
 * The champions as a stack: a promotion puts a version on top, going back to one takes off what is above it.
 * So a rollback after a rollback goes further back, and never returns to the version that was left.
 */
export const championStack = (rows: readonly Pick<PromotionRow, 'versionId'>[]): string[] =>
  rows.reduce<string[]>((stack, { versionId }) => {
    const at = stack.indexOf(versionId);
    return at < 0 ? [...stack, versionId] : stack.slice(0, at + 1);
  }, []);

/**
 * Versions that were left by a rollback and have not served since, and when that was. A rollback past several left
 * only the one that served; those between were left before.
 */
const rolledBack = (
  rows: readonly Pick<PromotionRow, 'versionId' | 'previousVersionId' | 'kind' | 'createdAt'>[],
): Map<string, number> => {
  const left = new Map<string, number>();
  for (const { versionId, previousVersionId: previous, kind, createdAt } of rows) {
    left.delete(versionId);
    if (kind === 'rollback' && previous !== null && previous !== versionId) left.set(previous, createdAt);
  }
  return left;
};

export const allPromotions = (db: Reader): PromotionRow[] =>
  db.select().from(promotions).orderBy(promotions.fence).all();

const project = (
  tx: Writer,
  write: (champion: PromotionRow) => void,
  now: number,
): PromotionRow | undefined => {
  const champion = championRow(tx);
  if (!champion) return undefined;
  write(champion);
  tx.update(promotions).set({ linkedAt: now }).where(eq(promotions.fence, champion.fence)).run();
  return { ...champion, linkedAt: now };
};

export const promotionStore = ({ read, write, now }: Store) => ({
  /**
   * Makes a version the champion under a newer fence. Throws `NotFound` (unknown or pruned) or `Conflict` (another
   * champion than expected), `TrainingKilled`. Then `projectChampion` of registry/current.ts points the link at it.
   */
  promote: (request: PromotionRequest): PromotionRow => write((tx) => promote(tx, request, now())),

  champion: (): PromotionRow | undefined => read(championRow),

  /**
   * Nothing is claimed for training and nothing promoted until a person resumes; the pinned version serves, in the same
   * transaction. Then `projectChampion` points the link at it. Repeating it is harmless.
   */
  killTraining: (request: NewKill): TrainingKill => write((tx) => killAndPin(tx, request, now())),

  /** The version to roll back to: the champion before this one, by the stack of promotions. */
  predecessor: (): string | undefined => read((db) => championStack(allPromotions(db)).at(-2)),

  /** When each version that a rollback took out of service was left. */
  rolledBack: (): Map<string, number> => read((db) => rolledBack(allPromotions(db))),

  /** What became of a request that may have been carried out before. */
  promotionOf: (requestId: string): PromotionRow | undefined =>
    read((db) => db.select().from(promotions).where(eq(promotions.requestId, requestId)).get()),

  /** Newest first. */
  promotions: ({ limit }: { limit: number }): PromotionRow[] =>
    read((db) => db.select().from(promotions).orderBy(desc(promotions.fence)).limit(limit).all()),

  /** How often the champion changed, by kind; kinds that never came about are 0. */
  promotionCounts: (): Record<PromotionRow['kind'], number> =>
    read((db) => {
      const rows = db
        .select({ kind: promotions.kind, n: count() })
        .from(promotions)
        .groupBy(promotions.kind)
        .all();
      const none = { promote: 0, rollback: 0, adopt: 0, restore: 0 };
      return { ...none, ...Object.fromEntries(rows.map(({ kind, n }) => [kind, n])) };
    }),

  /** Points the link at the champion under the write lock, so that a slow projection never undoes a newer one. */
  projectChampion: (point: (champion: PromotionRow) => void): PromotionRow | undefined =>
    write((tx) => project(tx, point, now())),
});
