import { lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '../ledger/open.ts';
import type { PromotionRow } from '../ledger/promotions.ts';
import { type Projection, projectChampion, readCurrent } from './current.ts';
import { isRegistryError } from './errors.ts';
import { isComplete } from './store.ts';

/**
 * - `none`: the link is right.
 * - `projected`: a promotion was recorded and its link not yet swapped when the process died; now it is.
 * - `adopted`: somebody pointed the link at another known version by hand; the ledger follows.
 * - `restored`: the link was broken or pointed to something unknown.
 * - `removed`: the same, and there is no champion to point to.
 */
export type Reconciliation = 'none' | 'projected' | 'adopted' | 'restored' | 'removed';

/** What the link points to, when that is a complete version that the ledger knows. */
const soundTarget = (ledger: Ledger, modelsDir: string): string | undefined => {
  const target = targetOf(modelsDir);
  const known = target === undefined ? undefined : ledger.version(target);
  if (known === undefined || known.prunedAt !== null) return undefined;
  return isComplete(modelsDir, known.versionId, known.modelHash) ? known.versionId : undefined;
};

const targetOf = (modelsDir: string): string | undefined => {
  try {
    return readCurrent(modelsDir);
  } catch (error) {
    if (isRegistryError(error)) return undefined;
    throw error;
  }
};

const adopt = (
  { ledger, modelsDir, crash }: Projection,
  champion: PromotionRow | undefined,
  target: string,
) => {
  ledger.promote({
    versionId: target,
    kind: 'adopt',
    actor: 'operator',
    reason: 'the link was changed by hand',
    expectedChampion: champion?.versionId ?? null,
    requestId: `adopt:${champion?.fence ?? 0}:${target}`,
  });
  projectChampion({ ledger, modelsDir, ...(crash && { crash }) });
  return 'adopted' as const;
};

const restore = (projection: Projection, was: 'projected' | 'restored'): Reconciliation => {
  const champion = projectChampion(projection);
  if (!champion) return 'none';
  const subject = champion.versionId;
  projection.ledger.audit({
    actor: 'ledger',
    action: `link.${was}`,
    subject,
    detail: { fence: champion.fence },
  });
  return was;
};

const isLink = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;

const removeLink = ({ ledger, modelsDir }: Projection): Reconciliation => {
  const path = join(modelsDir, 'current');
  if (!isLink(path)) return 'none';
  rmSync(path);
  ledger.audit({
    actor: 'ledger',
    action: 'link.removed',
    subject: 'current',
    detail: 'it pointed to no known version',
  });
  return 'removed';
};

const decide = (projection: Projection): Reconciliation => {
  const { ledger, modelsDir } = projection;
  const champion = ledger.champion();
  const target = soundTarget(ledger, modelsDir);
  if (!champion) return target === undefined ? removeLink(projection) : adopt(projection, champion, target);
  if (champion.linkedAt === null) return restore(projection, 'projected');
  if (target === champion.versionId) return 'none';
  return target === undefined ? restore(projection, 'restored') : adopt(projection, champion, target);
};

/**
 * At start: makes link and ledger agree. The ledger is the truth, except that a link which points to another
 * complete, known version was set by hand, and is adopted as an audited rollback. Safe to run in several processes.
 */
export const reconcileCurrent = (projection: Projection): Reconciliation =>
  projection.ledger.exclusively(() => decide(projection));
