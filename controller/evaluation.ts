import { crossFitted } from '../bandit/ope/cross-fit.ts';
import { alwaysArm, type BanditLog, evaluatePolicy, type OffPolicyValue } from '../bandit/ope/estimators.ts';
import { championOf, prunable, type WindowValues } from '../bandit/ope/pruning.ts';
import { type ArmRow, activeArms } from './arms.ts';
import type { Store } from './database.ts';
import { ControllerError } from './errors.ts';
import { type Judged, judgedDecisions, type Window } from './judged-decisions.ts';
import { normalScope, type Scope } from './names.ts';
import { withinBounds } from './ready-scope.ts';
import { findScope, type ScopeRow } from './scopes.ts';
import type { Settings } from './settings.ts';

export interface EvaluationRequest extends Scope, Window {}

/** Of each preset that may be served, by its id; null where no judged decision served it: then nothing is known. */
export type PresetValues = Readonly<Record<string, OffPolicyValue | null>>;

const dayMs = 86_400_000;

/** Columns are the presets in question first, then others that served. */
const logOf = (judged: readonly Judged[], presets: readonly string[]): BanditLog => {
  const columns = [...new Set([...presets, ...judged.map(({ presetId }) => presetId)])];
  return {
    arms: columns.length,
    served: Int32Array.from(judged, ({ presetId }) => columns.indexOf(presetId)),
    rewards: Float64Array.from(judged, ({ reward }) => reward),
    propensities: Float64Array.from(
      judged.flatMap(({ propensities }) => columns.map((preset) => propensities[preset] ?? 0)),
    ),
  };
};

const valuesOf = (judged: readonly Judged[], arms: readonly ArmRow[]): WindowValues => {
  if (judged.length === 0) return new Map();
  const presets = arms.map(({ presetId }) => presetId);
  const log = logOf(judged, presets);
  const forecasts = crossFitted(
    log,
    judged.map(({ x }) => x),
  );
  return new Map(
    presets.map((preset, at) => [preset, evaluatePolicy(log, { target: alwaysArm(log, at), forecasts })]),
  );
};

const known = (values: WindowValues, arms: readonly ArmRow[]): PresetValues =>
  Object.fromEntries(
    arms.map(({ presetId }) => {
      const value = values.get(presetId);
      return [presetId, value && value.effectiveSampleSize > 0 ? value : null];
    }),
  );

interface Half extends Window {
  readonly decisions: number;
  readonly values: WindowValues;
}

const halvesOf = (judged: readonly Judged[], arms: readonly ArmRow[], { from, to }: Window): [Half, Half] => {
  const middle = (from + to) / 2;
  const half = (window: Window): Half => {
    const rows = judged.filter(({ createdAt }) => createdAt >= window.from && createdAt < window.to);
    return { ...window, decisions: rows.length, values: valuesOf(rows, arms) };
  };
  return [half({ from, to: middle }), half({ from: middle, to })];
};

const knownScope = (row: ScopeRow | undefined, { strategy, instrument }: Scope): ScopeRow => {
  if (row) return row;
  throw new ControllerError('UnknownPreset', `nothing is known of ${strategy} on ${instrument}`);
};

const refuseBackwards = ({ from, to }: Window): void => {
  if (!(from < to)) throw new ControllerError('InvalidData', `from (${from}) must lie before to (${to})`);
};

/**
 * What each active preset would have earned per rewarded decision had it been served always, by the decisions of a window in
 * which every one of them had a chance; and by those of its two halves which may be retired. Throws InvalidData, UnknownPreset.
 */
export const createEvaluation =
  ({ db }: Store, { schemas }: Settings) =>
  ({ from, to, ...request }: EvaluationRequest) => {
    refuseBackwards({ from, to });
    const scope = normalScope(request);
    const row = knownScope(findScope(db, scope), scope);
    const schema = schemas.get(scope.strategy);
    const arms = activeArms(db, row.id).filter((arm) => withinBounds(arm, schema));
    const { judged, leftOut } = judgedDecisions(db, row, { window: { from, to }, presets: arms });
    const values = valuesOf(judged, arms);
    const halves = halvesOf(judged, arms, { from, to });
    const safeDefault = schema?.safe_default ?? arms[0]?.presetId ?? '';
    const logged = judged.reduce((sum, { reward }) => sum + reward, 0) / judged.length;
    return {
      ...scope,
      from,
      to,
      days: (to - from) / dayMs,
      decisions: judged.length,
      left_out: leftOut,
      epsilon: judged.reduce((largest, { epsilon }) => Math.max(largest, epsilon), 0),
      /** Mean reward of what was really served, in deviations. */
      logged: judged.length === 0 ? null : logged,
      champion: championOf(values) ?? null,
      presets: known(values, arms),
      /** What `prunable` follows from. */
      halves: halves.map(({ values: ofHalf, ...half }) => ({
        ...half,
        champion: championOf(ofHalf) ?? null,
        presets: known(ofHalf, arms),
      })),
      /** A person retires them by POST /preset/retire. */
      prunable: prunable([halves[0].values, halves[1].values], safeDefault),
    };
  };
