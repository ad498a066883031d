import { eq } from 'drizzle-orm';
import { remaining } from '../bandit/arm-sums.ts';
import type { ArmMemory } from '../bandit/learner.ts';
import type { Store } from './database.ts';
import { normalScope, type Scope } from './names.ts';
import { type Policy, policyOf } from './policies.ts';
import { freshPosterior, readPosteriors } from './posteriors.ts';
import { replayOutcomes } from './rebuild.ts';
import { arms } from './schema.ts';
import { findScope } from './scopes.ts';
import type { Settings } from './settings.ts';

const farthest = (a: Float64Array, b: Float64Array): number =>
  a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (b[i] as number))), 0);

/** The sums as they count today: two memories of the same outcomes may have been faded at other times. */
const faded = ({ sums, lastSeq }: ArmMemory, learnedCount: number, { rates }: Policy): Float64Array[] =>
  sums.flatMap(({ gram, moment }, rate) => {
    const left = remaining(learnedCount - lastSeq, rates[rate]!.halfLife);
    return [gram, moment].map((block) => block.map((entry) => left * entry));
  });

const farthestEvidence = (a: readonly number[], b: readonly number[]): number =>
  Math.max(
    0,
    ...Array.from({ length: Math.max(a.length, b.length) }, (_, i) => Math.abs((a[i] ?? 0) - (b[i] ?? 0))),
  );

/**
 * Learns a scope's outcomes anew beside what is stored, and gives the largest difference in any A, b or evidence of a speed of
 * forgetting; 0 for an unknown scope.
 */
export const createVerify =
  ({ write }: Store, settings: Settings) =>
  (request: Scope): number => {
    const scope = normalScope(request);
    const policy = policyOf(settings.schemas.get(scope.strategy), settings);
    return write((db) => {
      const row = findScope(db, scope);
      if (!row) return 0;
      const known = db.select().from(arms).where(eq(arms.scopeId, row.id)).all();
      const replayed = replayOutcomes(db, row, policy);
      const dimension = row.featureSet.names.length + 1;
      const differences = readPosteriors(db, known, dimension, policy).flatMap(({ memory }, at) => {
        const { id, presetId } = known[at]!;
        const fresh = (replayed.posteriors.get(id) ?? freshPosterior(dimension, presetId, policy)).memory;
        const wanted = faded(fresh, row.learnedCount, policy);
        return faded(memory, row.learnedCount, policy).map((block, at) => farthest(block, wanted[at]!));
      });
      return Math.max(farthestEvidence(row.evidence, replayed.evidence), ...differences);
    });
  };
