import type { CrashPoint } from '../ledger/crash-points.ts';
import type { Ledger } from '../ledger/open.ts';
import { heldUntilMs } from '../ledger/promotion-hold.ts';
import { describeKill } from '../ledger/training-kills.ts';
import { projectChampion } from '../registry/current.ts';
import { readVersion } from '../registry/store.ts';
import type { PromotionRecord, PromotionRequest } from '../workflows/types.ts';
import { owner } from './claims.ts';
import { failure } from './failures.ts';

export interface PromotionDeps {
  readonly ledger: Ledger;
  readonly modelsDir: string;
  readonly autoPromote: boolean;
  /** So long nothing is promoted by itself after a rollback of the watch. */
  readonly cooldownMs: number;
  /** Named points between steps, for tests that end the process there. */
  readonly crash?: CrashPoint;
  /** Asks the promote workflow to carry out or to hold a decision; the worker wires it to a Temporal client. */
  readonly ask: {
    decide(request: PromotionRequest): Promise<PromotionRecord>;
    propose(proposal: { versionId: string; expectedChampion: string | null; actor: string }): Promise<void>;
  };
}

export const createPromotionActivities = (deps: PromotionDeps) => ({
  /** Hands a version that passed its gate to the promote workflow, or before a person when AUTO_PROMOTE is false. */
  async requestPromotion(request: { versionId: string; expectedChampion: string | null; message: string }) {
    const { versionId, expectedChampion, message } = request;
    const held = whyHeld(deps);
    if (held !== undefined) return { promoted: false, message: `not promoted: ${held}` };
    if (!deps.autoPromote) {
      await deps.ask.propose({ versionId, expectedChampion, actor: 'retrain' });
      return { promoted: false, message: 'awaiting approval' };
    }
    await deps.ask.decide({
      kind: 'promote',
      versionId,
      expectedChampion,
      actor: 'retrain',
      reason: message,
      requestId: `retrain:${versionId}`,
    });
    return { promoted: true, message };
  },

  /** The ledger's row is the truth, the link its projection: the row first, then the link to the newest row's version. */
  async movePromotion(request: PromotionRequest): Promise<PromotionRecord> {
    const done = deps.ledger.promotionOf(request.requestId);
    const versionId = done?.versionId ?? request.versionId ?? predecessor(deps.ledger);
    const known = deps.ledger.version(versionId);
    if (!known) throw failure('UnknownVersion', `the registry has no version ${versionId}`);
    readVersion(deps.modelsDir, versionId, known.modelHash);
    const row = deps.ledger.promote({
      versionId,
      kind: request.kind === 'rollback' ? 'rollback' : 'promote',
      actor: request.actor,
      reason: request.reason,
      requestId: request.requestId,
      run: owner(),
      ...(request.expectedChampion === undefined ? {} : { expectedChampion: request.expectedChampion }),
    });
    projectChampion(deps);
    return {
      versionId: row.versionId,
      previousVersionId: row.previousVersionId,
      kind: row.kind,
      fence: row.fence,
      actor: row.actor,
      reason: row.reason,
      atMs: row.createdAt,
    };
  },
});

/** Why nothing is promoted by itself now. */
const whyHeld = ({ ledger, cooldownMs }: PromotionDeps): string | undefined => {
  const kill = ledger.trainingKill();
  if (kill) return describeKill(kill);
  const until = heldUntilMs(ledger.champion(), cooldownMs, Date.now());
  return until === undefined
    ? undefined
    : `promotions are held until ${new Date(until).toISOString()}, after a rollback (ROLLBACK_COOLDOWN)`;
};

const predecessor = (ledger: Ledger): string => {
  const before = ledger.predecessor();
  if (before) return before;
  throw failure('NoPredecessor', 'there is no earlier champion to roll back to');
};
