import { createAuditActivities } from './audit.ts';
import { beating } from './beating.ts';
import { type ClaimDeps, createClaimActivities } from './claims.ts';
import { type CommitDeps, createCommitActivities } from './commit.ts';
import { createIngestActivities, type IngestDeps } from './ingest.ts';
import { createJanitorActivities, type JanitorDeps } from './janitor.ts';
import { createLookAgainActivities } from './look-again.ts';
import { createPooledActivities, type PooledDeps } from './pooled/train-pooled.ts';
import { createPromotionActivities, type PromotionDeps } from './promotion.ts';
import { createSnapshotActivities, type SnapshotDeps } from './snapshot.ts';
import type { StrictDeps } from './strict/train-strict.ts';
import { createTrainActivities } from './train.ts';
import { translating } from './translate.ts';
import { createWatchActivities } from './watch/watch.ts';
import type { WatchDeps } from './watch/watch-deps.ts';

export type TrainRoleDeps = ClaimDeps &
  PooledDeps &
  StrictDeps &
  CommitDeps &
  PromotionDeps &
  JanitorDeps &
  WatchDeps &
  SnapshotDeps;

/** What the role `ingest` offers: everything that speaks to the exchange. */
export const createIngestRole = (deps: IngestDeps) =>
  translating(
    beating({
      ...createIngestActivities(deps),
      ...createLookAgainActivities(deps),
      ...createAuditActivities(deps),
    }),
  );

/** What the role `train` offers: everything else. */
export const createTrainRole = (deps: TrainRoleDeps) =>
  translating({
    ...createClaimActivities(deps),
    ...createTrainActivities(deps),
    ...createPooledActivities(deps),
    ...createCommitActivities(deps),
    ...createPromotionActivities(deps),
    ...createWatchActivities(deps),
    ...beating({ ...createJanitorActivities(deps), ...createSnapshotActivities(deps) }),
  });

export type Activities = ReturnType<typeof createIngestRole> & ReturnType<typeof createTrainRole>;
