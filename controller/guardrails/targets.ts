import { normalScope, type Scope } from '../names.ts';

/** What a guardrail is about: everything (`*`), a strategy, or `strategy:instrument`. */
export type Target = string;

export const everything: Target = '*';

export const targetOfScope = ({ strategy, instrument }: Scope): Target => `${strategy}:${instrument}`;

/** All targets that a scope falls under, the widest first. */
export const targetsOf = (scope: Scope): Target[] => [everything, scope.strategy, targetOfScope(scope)];

/** The target that a request names; an instrument needs its strategy. Throws InvalidName. */
export const targetOf = ({ strategy, instrument }: Partial<Scope>): Target => {
  if (strategy === undefined && instrument === undefined) return everything;
  const scope = normalScope({ strategy: strategy ?? '', instrument: instrument ?? 'ANY' });
  return instrument === undefined ? scope.strategy : targetOfScope(scope);
};

/** The strategy that a target lies in; undefined for everything. */
export const strategyOf = (target: Target): string | undefined =>
  target === everything ? undefined : target.split(':')[0];
