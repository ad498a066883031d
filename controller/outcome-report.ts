import { hashOf } from './canonical.ts';
import { ControllerError } from './errors.ts';
import { checkedFeatures, type Features } from './features.ts';
import { normalScope, opaqueIdOf, presetIdOf, type Scope } from './names.ts';
import { rewardUnits } from './schema.ts';

export type RewardUnit = (typeof rewardUnits)[number];

/** A realised reward. */
export interface LearnRequest extends Scope {
  readonly presetId: string;
  readonly reward: number;
  /** Quote currency by default; `r`: a multiple of the risk, which is taken as deviations as it is. */
  readonly rewardUnit?: RewardUnit;
  readonly features?: Features;
  readonly decisionId?: string;
  /** Makes the outcome count once, however often it is sent. */
  readonly outcomeId?: string;
  /** Of an outcome without any id: makes it count once. */
  readonly requestKey?: string;
}

/** The checked reward, its idempotency key and the hash of all that it says. */
export interface Report {
  readonly scope: Scope;
  readonly presetId: string;
  readonly reward: number;
  readonly rewardUnit: RewardUnit;
  readonly features: Features | undefined;
  readonly decisionId: string | undefined;
  readonly key: string | null;
  /** Reported by its decision alone, which takes one outcome. */
  readonly isOnlyOfDecision: boolean;
  readonly payloadHash: string;
}

const finiteReward = (reward: unknown): number => {
  if (typeof reward === 'number' && Number.isFinite(reward)) return reward;
  throw new ControllerError('InvalidData', `reward must be a finite number, not ${String(reward)}`);
};

const rewardUnitOf = (unit: RewardUnit = 'quote'): RewardUnit => {
  if (rewardUnits.includes(unit)) return unit;
  throw new ControllerError(
    'InvalidData',
    `reward_unit must be one of ${rewardUnits.join(', ')}, not ${String(unit)}`,
  );
};

/** `seq:<n>` names a stored outcome by its number (controller/reverse.ts): no client's id may look like one. */
const outcomeIdOf = (value: unknown): string => {
  const id = opaqueIdOf('outcome id', value);
  if (!id.startsWith('seq:')) return id;
  throw new ControllerError(
    'InvalidName',
    `outcome id ${JSON.stringify(id)} is not valid: "seq:" begins the names of stored outcomes`,
  );
};

/** An outcome id counts once; a decision id alone stands for the one outcome of that decision; then the request's key. */
const keyOf = ({
  outcomeId,
  decisionId,
  requestKey,
}: Pick<LearnRequest, 'outcomeId' | 'decisionId' | 'requestKey'>): string | null => {
  if (outcomeId !== undefined) return `outcome:${outcomeIdOf(outcomeId)}`;
  if (decisionId !== undefined) return `decision:${decisionId}`;
  return requestKey === undefined ? null : `request:${opaqueIdOf('idempotency key', requestKey)}`;
};

/** Checks an outcome. Throws InvalidName, InvalidFeatures or InvalidData. */
export const reportOf = (request: LearnRequest): Report => {
  const payload = {
    scope: normalScope(request),
    presetId: presetIdOf(request.presetId),
    reward: finiteReward(request.reward),
    features: request.features && checkedFeatures(request.features),
    decisionId: request.decisionId === undefined ? undefined : opaqueIdOf('decision id', request.decisionId),
  };
  const isOnlyOfDecision = request.outcomeId === undefined && request.decisionId !== undefined;
  const rewardUnit = rewardUnitOf(request.rewardUnit);
  // Quote currency is not hashed: what was stored before there were units is the same payload.
  const payloadHash = hashOf(rewardUnit === 'quote' ? payload : { ...payload, rewardUnit });
  return { ...payload, rewardUnit, key: keyOf(request), isOnlyOfDecision, payloadHash };
};
