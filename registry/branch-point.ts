import type { BranchPoint } from '../ledger/lineages.ts';
import type { Ledger } from '../ledger/open.ts';
import { RegistryError } from './errors.ts';
import { headHashOf, readHead } from './heads.ts';

export interface BranchRequest {
  readonly ledger: Ledger;
  readonly modelsDir: string;
  readonly versionId: string;
  /** The series' key. */
  readonly series: string;
}

/** The state that a version left in a series' lineage, to begin a branch with. Throws `NotFound`, `Corrupt`. */
export const branchPoint = (request: BranchRequest): { branch: BranchPoint; afterMs: number } => {
  const { ledger, modelsDir, versionId, series } = request;
  const known = ledger.version(versionId);
  if (!known || known.prunedAt !== null) {
    throw new RegistryError(
      'NotFound',
      `there is no version ${versionId}${known ? ' any more: it was pruned' : ''}`,
    );
  }
  const { head } = readHead({ modelsDir, versionId, series });
  const { lineage, trainedRanges, online } = head;
  const nStates = online.model.startProbability.length;
  return {
    branch: { lineage, versionId, nStates, headHash: headHashOf(head) },
    afterMs: trainedRanges.at(-1)!.toMs,
  };
};
