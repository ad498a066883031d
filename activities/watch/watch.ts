import { deliverAlerts } from './deliver-alerts.ts';
import type { WatchDeps } from './watch-deps.ts';
import { watchLoop } from './watch-loop.ts';
import { watchPromotion } from './watch-promotion.ts';

/** What the watch does once a minute; each may be repeated freely. */
export const createWatchActivities = (deps: WatchDeps) => ({
  /** Judges the newest promotion on later candles: rolls back, or kills the loop, where it proves worse. */
  watchPromotion: () => watchPromotion(deps),

  /** Looks for what is wrong with the loop, and writes what changed into the outbox. */
  watchLoop: () => watchLoop(deps),

  /** Posts the outbox. */
  deliverAlerts: () => deliverAlerts(deps),
});
