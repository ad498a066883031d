import { normalCdf, normalDensity } from './normal.ts';

/** One arm's score, a normal that is independent of the other arms'. */
export interface Score {
  readonly mean: number;
  readonly deviation: number;
}

/** Deviations either side that the grid covers: beyond them a normal holds less than 1e-15. */
const reach = 8;

/** Grid step in smallest deviations: the trapezoid rule's error is then about e^-79. */
const step = 0.5;

/** A deviation below this share of the largest is raised to it. That bounds the grid; the arm is drawn from what comes out. */
const smallestShare = 1 / 500;

/** Deviations below this are rounding, not uncertainty: a grid this fine would not move a double. */
const certain = 1e-9;

/** All on the highest value, on the first of equals. */
export const greedy = (values: readonly number[]): Float64Array => {
  const first = values.indexOf(Math.max(...values));
  return Float64Array.from(values, (_, arm) => (arm === first ? 1 : 0));
};

/** One entry per arm, filled anew at every grid point; `into` collects. */
interface Workspace {
  readonly below: Float64Array;
  readonly othersBelow: Float64Array;
  readonly into: Float64Array;
}

/** Adds, for each arm, its density at `score` times the chance that every other arm lies below it. */
const addGridPoint = (
  score: number,
  means: Float64Array,
  deviations: Float64Array,
  { below, othersBelow, into }: Workspace,
): void => {
  const arms = means.length;
  let product = 1;
  for (let arm = 0; arm < arms; arm++) {
    below[arm] = normalCdf((score - (means[arm] as number)) / (deviations[arm] as number));
    othersBelow[arm] = product;
    product *= below[arm] as number;
  }
  product = 1;
  for (let arm = arms - 1; arm >= 0; arm--) {
    const deviation = deviations[arm] as number;
    const density = normalDensity((score - (means[arm] as number)) / deviation) / deviation;
    into[arm] = (into[arm] as number) + density * (othersBelow[arm] as number) * product;
    product *= below[arm] as number;
  }
};

const normalised = (shares: Float64Array): Float64Array => {
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / total);
};

/** P(arm has the highest score) for each arm, by the trapezoid rule on one grid for all arms. Sums to 1. */
export const propensities = (scores: readonly Score[]): Float64Array => {
  const largest = Math.max(...scores.map(({ deviation }) => deviation));
  if (largest < certain) return greedy(scores.map(({ mean }) => mean));
  const means = Float64Array.from(scores, ({ mean }) => mean);
  const deviations = Float64Array.from(scores, ({ deviation }) =>
    Math.max(deviation, largest * smallestShare),
  );
  const bound = (side: number) =>
    Math.max(...means.map((mean, arm) => mean + side * reach * (deviations[arm] as number)));
  const width = step * Math.min(...deviations);
  const from = bound(-1);
  const points = Math.ceil((bound(1) - from) / width);
  const [below, othersBelow, into] = [means.slice(), means.slice(), new Float64Array(means.length)];
  const workspace = { below, othersBelow, into };
  for (let point = 0; point <= points; point++)
    addGridPoint(from + point * width, means, deviations, workspace);
  return normalised(into);
};

/** p = (1 − ε) · P + ε / K: every arm keeps some chance. */
export const exploring = (shares: Float64Array, epsilon: number): Float64Array =>
  shares.map((share) => (1 - epsilon) * share + epsilon / shares.length);

/** The arm at `uniform` (0 <= uniform < 1) of the cumulative propensities. Rounding at the end goes to the last arm with a chance. */
export const drawArm = (shares: Float64Array, uniform: number): number => {
  let cumulative = 0;
  let last = 0;
  for (let arm = 0; arm < shares.length; arm++) {
    const share = shares[arm] as number;
    if (share > 0) last = arm;
    cumulative += share;
    if (uniform < cumulative) return arm;
  }
  return last;
};
