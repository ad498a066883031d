import type { OffPolicyValue } from './estimators.ts';

/** The value of each preset in one window, by preset id. */
export type WindowValues = ReadonlyMap<string, OffPolicyValue>;

/** Below this many effective decisions an interval is not believed. */
export const leastSampleSize = 50;

/** The preset with the highest doubly robust value of those that were served often enough to tell. */
export const championOf = (window: WindowValues): string | undefined =>
  [...window]
    .filter(([, { effectiveSampleSize }]) => effectiveSampleSize >= leastSampleSize)
    .sort(([, a], [, b]) => b.dr.value - a.dr.value)[0]?.[0];

const isWorse = (window: WindowValues, preset: string): boolean => {
  const champion = championOf(window);
  const [own, best] = [window.get(preset), champion === undefined ? undefined : window.get(champion)];
  return (
    own !== undefined &&
    best !== undefined &&
    own.effectiveSampleSize >= leastSampleSize &&
    own.dr.high < best.dr.low
  );
};

/**
 * Presets that may be retired: in each of two consecutive windows served often enough, and surely worse than the window's
 * best one. The safe default stays, and so do two presets: the worst go first.
 */
export const prunable = (windows: readonly [WindowValues, WindowValues], safeDefault: string): string[] => {
  const last = windows[1];
  const candidates = [...last.keys()]
    .filter((preset) => preset !== safeDefault && windows.every((window) => isWorse(window, preset)))
    .sort((a, b) => last.get(a)!.dr.value - last.get(b)!.dr.value);
  return candidates.slice(0, Math.max(0, last.size - 2));
};
