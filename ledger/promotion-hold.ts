import type { PromotionRow } from './promotions.ts';

/** Who rolls back by itself. */
export const watcher = 'watch';

/** After a rollback of the watch nothing is promoted by itself until then; undefined: nothing holds. */
export const heldUntilMs = (
  champion: Pick<PromotionRow, 'kind' | 'actor' | 'createdAt'> | undefined,
  cooldownMs: number,
  nowMs: number,
): number | undefined => {
  if (champion?.kind !== 'rollback' || champion.actor !== watcher) return undefined;
  const until = champion.createdAt + cooldownMs;
  return until > nowMs ? until : undefined;
};
