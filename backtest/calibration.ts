/** How uniform P(log return ≤ the one that came) is. */
export interface Calibration {
  /** Largest distance of its distribution from the uniform one (Kolmogorov & Smirnov): 0 is perfect. */
  readonly ksDistance: number;
  /** Shares in ten equal bins; 0.1 each is perfect. */
  readonly histogram: readonly number[];
}

/** Of probability integral transforms [T] (Dawid 1984). */
export const calibrationOf = (pit: Float64Array): Calibration => {
  const sorted = pit.slice().sort();
  const n = sorted.length;
  const ksDistance = sorted.reduce(
    (most, u, i) => Math.max(most, Math.abs((i + 1) / n - u), Math.abs(u - i / n)),
    0,
  );
  const counts = Array.from({ length: 10 }, () => 0);
  for (const u of pit) {
    const bin = Math.min(9, Math.floor(10 * u));
    counts[bin] = counts[bin]! + 1;
  }
  return { ksDistance, histogram: counts.map((count) => count / n) };
};
