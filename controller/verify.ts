import { eq } from 'drizzle-orm';
import type { Store } from './database.ts';
import { normalScope, type Scope } from './names.ts';
import { policyOf } from './policies.ts';
import { emptyPosterior, readPosteriors } from './posteriors.ts';
import { replayOutcomes } from './rebuild.ts';
import { arms } from './schema.ts';
import { findScope } from './scopes.ts';
import type { Settings } from './settings.ts';

const farthest = (a: Float64Array, b: Float64Array): number =>
  a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (b[i] as number))), 0);

/** Learns a scope's outcomes anew beside what is stored, and gives the largest difference in any A or b; 0 for an unknown scope. */
export const createVerify =
  ({ write }: Store, settings: Settings) =>
  (request: Scope): number => {
    const scope = normalScope(request);
    const { halfLife } = policyOf(settings.schemas.get(scope.strategy), settings);
    return write((db) => {
      const row = findScope(db, scope);
      if (!row) return 0;
      const ids = db
        .select({ id: arms.id })
        .from(arms)
        .where(eq(arms.scopeId, row.id))
        .all()
        .map(({ id }) => id);
      const replayed = replayOutcomes(db, row, halfLife);
      const dimension = row.featureSet.names.length + 1;
      const differences = readPosteriors(db, ids, dimension).map(({ sums }, at) => {
        const fresh = (replayed.get(ids[at] as number) ?? emptyPosterior(dimension)).sums;
        return Math.max(farthest(sums.gram, fresh.gram), farthest(sums.moment, fresh.moment));
      });
      return Math.max(0, ...differences);
    });
  };
