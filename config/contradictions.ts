import type { Values } from './read-settings.ts';
import { temporalContradictions } from './temporal.ts';

/** Without a key nobody could enter; with a key of the other algorithm all tokens would be refused. */
const keyProblems = (values: Values): string[] => {
  const { REQUIRE_AUTH: auth, JWT_ALG: algorithm, GATEWAY_API_KEYS: keys } = values;
  const [name, other] =
    algorithm === 'RS256'
      ? (['JWT_PUBLIC_KEY', 'JWT_SECRET'] as const)
      : (['JWT_SECRET', 'JWT_PUBLIC_KEY'] as const);
  if (!auth || values[name] !== undefined) return [];
  if (values[other] !== undefined) return [`JWT_ALG=${algorithm} needs ${name}; ${other} is not used by it`];
  return keys === undefined
    ? [`REQUIRE_AUTH=true needs ${name} or GATEWAY_API_KEYS: otherwise nobody could enter`]
    : [];
};

/** What each setting allows, and all of them together do not. */
export const contradictions = (values: Values): string[] => {
  const {
    START_TS: start,
    END_TS: end,
    MODEL_SCOPE: scope,
    EXACTLY_ONCE: strict,
    HMM_ENSEMBLE: ensemble,
    HMM_STATES: states,
  } = values;
  return [
    ...(ensemble && (strict || scope === 'pooled')
      ? ['HMM_ENSEMBLE needs EXACTLY_ONCE=false and MODEL_SCOPE=series: a lineage and a pool hold one model']
      : []),
    ...(states === 'auto' && scope === 'pooled'
      ? ['HMM_STATES=auto needs MODEL_SCOPE=series: a pool has one number of states for all series']
      : []),
    ...(start !== undefined && end !== undefined && start >= end ? ['START_TS must lie before END_TS'] : []),
    ...keyProblems(values),
    ...temporalContradictions(values),
  ];
};
