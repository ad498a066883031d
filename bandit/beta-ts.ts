import { incompleteBeta, logBeta } from '../numerics/incomplete-beta.ts';

/** Weighted successes and trials of an arm, as forgetting left them. */
export interface Counts {
  readonly successes: number;
  readonly trials: number;
}

/** What lies beyond this many powers of e of a density's tails is nothing to a double. */
const reach = 40;

/** More trials than this are scaled down to it: the rate is then known to 1 %, and the grid stays bounded. */
const mostTrials = 2_000;

const shapeOf = ({ successes, trials }: Counts): { a: number; b: number } => {
  const share = Math.min(1, mostTrials / trials);
  return { a: 1 + share * successes, b: 1 + share * (trials - successes) };
};

/** They take milliseconds and depend on the counts alone, which change with an outcome and not with a decision. */
const known = new WeakMap<readonly Counts[], Float64Array>();

/**
 * P(arm has the highest success rate) under independent Beta(1 + successes, 1 + failures) posteriors: ∫ f_i Π F_j, by the
 * trapezoid rule over the logit of the rate, where the integrand is smooth and falls off exponentially. Sums to 1.
 */
export const betaPropensities = (counts: readonly Counts[]): Float64Array => {
  const shares = known.get(counts) ?? sharesOf(counts);
  known.set(counts, shares);
  return shares;
};

const sharesOf = (counts: readonly Counts[]): Float64Array => {
  const shapes = counts.map(shapeOf);
  const norms = shapes.map(({ a, b }) => logBeta(a, b));
  // In the logit a Beta has the variance of about 1/a + 1/b.
  const deviations = shapes.map(({ a, b }) => Math.sqrt(1 / a + 1 / b));
  const width = 0.25 * Math.min(...deviations);
  // The tails fall off as e^(a z) to the left and e^(-b z) to the right, nearer the centre as a normal does.
  const from = Math.min(
    ...shapes.map(({ a, b }, arm) => Math.log(a / b) - reach / a - 12 * deviations[arm]!),
  );
  const to = Math.max(...shapes.map(({ a, b }, arm) => Math.log(a / b) + reach / b + 12 * deviations[arm]!));
  const shares = new Float64Array(counts.length);
  const points = Math.ceil((to - from) / width);
  for (let point = 0; point <= points; point++) {
    const logit = from + point * width;
    const rate = 1 / (1 + Math.exp(-logit));
    const below = shapes.map(({ a, b }) => incompleteBeta(a, b, rate));
    shapes.forEach(({ a, b }, arm) => {
      const logDensity =
        a * -Math.log1p(Math.exp(-logit)) + b * -Math.log1p(Math.exp(logit)) - (norms[arm] as number);
      const others = below.reduce(
        (product, chance, other) => (other === arm ? product : product * chance),
        1,
      );
      shares[arm] = (shares[arm] as number) + Math.exp(logDensity) * others;
    });
  }
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / total);
};
