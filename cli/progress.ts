import { SingleBar } from 'cli-progress';
import { duration } from './text.ts';

export interface Bar {
  /** How much is done; a total may grow while more of it is found. */
  at(done: number, total: number): void;
  /** It goes on, and nobody knows how long: how long it has taken is shown, and no share. */
  wait(): void;
  end(): void;
}

/**
 * A bar for work that may take a while, in this unit. It shows from the first second on, or at once where the work holds
 * the thread for longer than that. `from`: how much was done when somebody began to look; it counts for no rate.
 */
export type Progress = (label: string, unit: string, shown?: 'at once', from?: number) => Bar;

export const noBar: Bar = { at: () => {}, wait: () => {}, end: () => {} };

export const noProgress: Progress = () => noBar;

const showAfterMs = 1_000;

const counted = '{label} {bar} {percentage} %  {value}/{total} {unit}  {rate}/s  ETA {left}';

const uncounted = '{label}  {duration_formatted}';

const options = (stream: NodeJS.WritableStream, format: string) => ({
  ...{ stream, format, barsize: 24, fps: 5 },
  ...{ barCompleteChar: '█', barIncompleteChar: '░' },
  ...{ clearOnComplete: true, noTTYOutput: false, hideCursor: null },
});

/** Three digits: 0.52, 17.3, 12,300. */
const rounded = (rate: number): string => Number(rate.toPrecision(3)).toLocaleString('en-US');

/** Before something was seen to be done nobody can say how long the rest takes. */
const paceOf = (done: number, seconds: number, left: number): { rate: string; left: string } => {
  if (done <= 0 || seconds <= 0) return { rate: '–', left: '–' };
  const rate = done / seconds;
  return { rate: rounded(rate), left: duration((Math.max(0, left) / rate) * 1000) };
};

/** Bars on a terminal. `now` is the clock of tests. */
export const progressOn =
  (stream: NodeJS.WritableStream, now: () => number = Date.now): Progress =>
  (label, unit, shown, from = 0) => {
    const begunMs = now();
    const secondsSince = (): number => (now() - begunMs) / 1000;
    const isEarly = (): boolean => shown === undefined && secondsSince() * 1000 < showAfterMs;
    let bar: SingleBar | undefined;
    const at = (done: number, total: number): void => {
      if (isEarly()) return;
      const payload = { label, unit, ...paceOf(done - from, secondsSince(), total - done) };
      if (bar) {
        bar.setTotal(total);
        return bar.update(Math.min(done, total), payload);
      }
      bar = new SingleBar(options(stream, counted));
      bar.start(total, Math.min(done, total), payload);
    };
    const wait = (): void => {
      if (bar || isEarly()) return;
      bar = new SingleBar(options(stream, uncounted));
      bar.start(1, 0, { label });
    };
    return { at, wait, end: () => bar?.stop() };
  };

/** Runs the work with a bar that ends with it. */
export const withBar = async <T>(
  bar: Bar,
  work: (at: (done: number, total: number) => void) => T | Promise<T>,
): Promise<T> => {
  try {
    return await work((done, total) => bar.at(done, total));
  } finally {
    bar.end();
  }
};
