import type { StrategySchema } from '../strategy_schemas/schema.ts';
import { ControllerError } from './errors.ts';
import { featureNameOf } from './names.ts';

/** Feature values by name, in natural units. */
export type Features = Readonly<Record<string, number>>;

/** The order and the frozen scaler of a scope's features; x = [1, (value − mean) / scale, …], clipped. */
export interface FeatureSet {
  /** Of a schema: fixed. Free: grows by the names that are sent. */
  readonly kind: 'schema' | 'free';
  readonly names: readonly string[];
  readonly means: readonly number[];
  readonly scales: readonly number[];
}

/** What came of the features that were sent. */
export interface ReadFeatures {
  readonly used: Features;
  readonly missing: readonly string[];
  readonly ignored: readonly string[];
}

const clip = 5;
const maxFeatures = 64;

const finiteValue = (name: string, value: unknown): number => {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new ControllerError(
    'InvalidFeatures',
    `feature ${name} must be a finite number, not ${String(value)}`,
  );
};

/** Checks names and values. Throws InvalidName or InvalidFeatures. */
export const checkedFeatures = (features: Readonly<Record<string, unknown>>): Features => {
  const entries = Object.entries(features).map(
    ([name, value]) => [featureNameOf(name), finiteValue(name, value)] as const,
  );
  if (entries.length <= maxFeatures) return Object.fromEntries(entries);
  throw new ControllerError(
    'InvalidFeatures',
    `${entries.length} features were sent; ${maxFeatures} at most`,
  );
};

export const noFeatures: FeatureSet = { kind: 'free', names: [], means: [], scales: [] };

export const featureSetOf = ({ features }: StrategySchema): FeatureSet => ({
  kind: 'schema',
  names: features.map(({ name }) => name),
  means: features.map(({ mean }) => mean),
  scales: features.map(({ scale }) => scale),
});

/** A free set with the new names appended in sorted order: what was learned keeps its place. A schema's set stays. */
export const extendedSet = (set: FeatureSet, features: Features): FeatureSet => {
  const fresh =
    set.kind === 'schema'
      ? []
      : Object.keys(features)
          .filter((name) => !set.names.includes(name))
          .sort();
  if (fresh.length === 0) return set;
  const names = [...set.names, ...fresh];
  if (names.length <= maxFeatures)
    return { ...set, names, means: names.map(() => 0), scales: names.map(() => 1) };
  throw new ControllerError(
    'InvalidFeatures',
    `${names.length} different features were seen; ${maxFeatures} at most`,
  );
};

/** Which of the features count, which are absent and which the set does not know. */
export const readFeatures = (set: FeatureSet, features: Features): ReadFeatures => {
  const known = Object.entries(features).filter(([name]) => set.names.includes(name));
  return {
    used: Object.fromEntries(known),
    missing: set.names.filter((name) => !Object.hasOwn(features, name)),
    ignored: Object.keys(features).filter((name) => !set.names.includes(name)),
  };
};

const scaled = (value: number, mean: number, scale: number): number =>
  Math.min(clip, Math.max(-clip, (value - mean) / scale));

/** x of length 1 + names. A missing feature enters as 0, which is its mean. */
export const contextVector = ({ names, means, scales }: FeatureSet, features: Features): Float64Array =>
  Float64Array.from([
    1,
    ...names.map((name, i) => {
      const value = Object.hasOwn(features, name) ? features[name] : undefined;
      return value === undefined ? 0 : scaled(value, means[i] as number, scales[i] as number);
    }),
  ]);
