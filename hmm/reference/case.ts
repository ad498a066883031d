import type { CompatPriors } from '../compat-prior.ts';
import { HmmError } from '../hmm-error.ts';
import type { CovarianceType, Hmm } from '../model.ts';
import type { Observations } from '../observations.ts';

/** One reference case as ../shared/data/hmm/README.md describes it; numbers may be "NaN", "Infinity", "-Infinity". */
export interface ReferenceCase {
  readonly name: string;
  readonly kind: 'parity' | 'edge';
  readonly require: Readonly<Record<'at_init' | 'after1' | 'after10', Requirement>>;
  readonly covariance_type: CovarianceType;
  readonly n_components: number;
  readonly n_features: number;
  readonly lengths: readonly number[];
  readonly X: Values;
  readonly params?: string;
  readonly priors: CompatPriors;
  readonly init: Parameters;
  readonly at_init: AtInit;
  /** hmmlearn's two implementations. */
  readonly after1: Readonly<Record<'log' | 'scaling', Fitted | Raised>>;
  readonly after10: Readonly<Record<'log' | 'scaling', Fitted | Raised>>;
}

export type Requirement = 'match' | 'match_longdouble' | 'finite_only';

export interface Parameters {
  readonly startprob: Values;
  readonly transmat: Values;
  readonly means: Values;
  readonly covars: Values;
}

/** Where hmmlearn raised. */
export interface Raised {
  readonly error: unknown;
}

export interface Path {
  readonly logprob: Values;
  readonly path: readonly number[];
}

export interface Scores {
  readonly loglik: Values | Raised;
  readonly loglik_longdouble: string;
  readonly viterbi: Path | Raised;
  readonly map: Path | Raised;
  readonly n_params: number;
  readonly aic: Values | Raised;
  readonly bic: Values | Raised;
}

export const isRaised = (value: unknown): value is Raised =>
  typeof value === 'object' && value !== null && 'error' in value;

export interface AtInit extends Scores {
  readonly posteriors: Values;
  readonly posteriors_longdouble?: Values;
  readonly filtered: Values;
  readonly log_emission: Values;
  readonly forecast_state: Readonly<Record<string, Values>>;
  /** How wrong hmmlearn's own posteriors are. */
  readonly hmmlearn_log_posterior_error_vs_longdouble?: number;
}

export interface Fitted extends Parameters {
  readonly history: Values;
  /** null where hmmlearn raised. */
  readonly posteriors?: Values | null;
  readonly eval?: Scores;
}

/** A number, one that JSON cannot write, or any nesting of these. */
export type Values = number | string | readonly Values[];

/** All numbers of a nest in row-major order. */
export const numbersOf = (values: Values): Float64Array => Float64Array.from(flatten(values));

const flatten = (values: Values): number[] => {
  if (Array.isArray(values)) return (values as Values[]).flatMap(flatten);
  return [Number(values)];
};

export const observationsOf = ({ X, n_features, lengths }: ReferenceCase): Observations => {
  const sequenceStarts = lengths.map((_, i) => lengths.slice(0, i).reduce((a, b) => a + b, 0));
  return { rows: numbersOf(X), nFeatures: n_features, sequenceStarts };
};

export const initialModel = ({ covariance_type, n_components, n_features, init }: ReferenceCase): Hmm => ({
  covarianceType: covariance_type,
  nStates: n_components,
  nFeatures: n_features,
  start: numbersOf(init.startprob),
  transition: numbersOf(init.transmat),
  means: numbersOf(init.means),
  covariances: numbersOf(init.covars),
});

/** Throws `InvalidData` unless the text is a case with all that a check reads. */
export const parseCase = (text: string): ReferenceCase => {
  const value = JSON.parse(text) as Partial<ReferenceCase> | null;
  const needed = [
    'require',
    'covariance_type',
    'n_components',
    'lengths',
    'X',
    'priors',
    'init',
    'at_init',
    'after1',
    'after10',
  ] as const;
  const absent = needed.filter((key) => value?.[key] === undefined);
  if (absent.length > 0)
    throw new HmmError('InvalidData', `not a reference case: it lacks ${absent.join(', ')}`);
  return value as ReferenceCase;
};
