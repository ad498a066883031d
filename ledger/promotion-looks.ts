import { and, desc, eq } from 'drizzle-orm';
import type { Store } from './database.ts';
import { promotionLooks } from './schema/versions.ts';

export type PromotionLook = typeof promotionLooks.$inferSelect;

export const promotionLookStore = ({ read, write, now }: Store) => ({
  /** The newest look at a promotion in this series. */
  lastLook: (promotionFence: number, series: string): PromotionLook | undefined =>
    read((db) =>
      db
        .select()
        .from(promotionLooks)
        .where(and(eq(promotionLooks.promotionFence, promotionFence), eq(promotionLooks.series, series)))
        .orderBy(desc(promotionLooks.look))
        .limit(1)
        .get(),
    ),

  /** A look that was recorded already stays as it was: it has spent its error. */
  recordLook: (look: Omit<PromotionLook, 'at'>): void =>
    write((tx) => {
      tx.insert(promotionLooks)
        .values({ ...look, at: now() })
        .onConflictDoNothing()
        .run();
    }),
});
