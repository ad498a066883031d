import type { StepProgress } from '../api/training.ts';
import { noBar, type Progress } from './progress.ts';

/** In the order in which a training passes them (the first of a lineage is judged before it absorbs). */
const phases = ['select', 'fit', 'score', 'refit', 'absorb', 'evaluate'];

const units: Readonly<Record<string, string>> = {
  ...{ select: 'fits', absorb: 'candles' },
  // Where it converges nobody knows before; it gives up at this many.
  ...{ fit: 'iterations at most', refit: 'iterations at most' },
};

export interface Shown {
  readonly label: string;
  readonly unit: string;
  /** Absent: nobody knows how long it takes. */
  readonly counted?: { readonly done: number; readonly of: number };
}

const sumOf = (steps: readonly StepProgress[], key: 'done' | 'of'): number =>
  steps.reduce((sum, step) => sum + (step[key] ?? 0), 0);

const nameOf = (steps: readonly StepProgress[]): string =>
  steps.length === 1 ? steps[0]!.what : `${steps.length} series`;

/** Trainings run side by side: shown is the least advanced phase, with all that are in it. Nothing: none has begun. */
export const shownOf = (steps: readonly StepProgress[]): Shown | undefined => {
  const phase = phases.find((one) => steps.some((step) => step.phase === one));
  if (phase === undefined) return undefined;
  const here = steps.filter((step) => step.phase === phase);
  const shown = { label: `${phase} ${nameOf(here)}`, unit: units[phase] ?? '' };
  if (here.some(({ done, of }) => done === null || of === null)) return shown;
  return { ...shown, counted: { done: sumOf(here, 'done'), of: sumOf(here, 'of') } };
};

const isSame = (a: Shown | undefined, b: Shown): boolean =>
  a?.label === b.label &&
  (a.counted === undefined) === (b.counted === undefined) &&
  (a.counted?.done ?? 0) <= (b.counted?.done ?? 0);

const patienceMs = 1_000;

/** One bar after the other, as a retrain goes on. What was done before somebody looked counts for no rate. */
export const createTrainingBar = (progress: Progress, now: () => number = Date.now) => {
  const begunMs = now();
  let current: Shown | undefined;
  let bar = noBar;
  const end = (): void => {
    bar.end();
    [bar, current] = [noBar, undefined];
  };
  const begin = ({ label, unit, counted }: Shown): void => {
    end();
    const isLate = now() - begunMs >= patienceMs;
    bar = progress(label, unit, isLate ? 'at once' : undefined, counted?.done);
  };
  const show = (shown: Shown): void => {
    if (!isSame(current, shown)) begin(shown);
    current = shown;
    if (shown.counted) bar.at(shown.counted.done, shown.counted.of);
    else bar.wait();
  };
  return { show, end };
};
