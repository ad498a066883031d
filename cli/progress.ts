import { SingleBar } from 'cli-progress';

export interface Bar {
  /** How much is done; a total may grow while more of it is found. */
  at(done: number, total: number): void;
  end(): void;
}

/**
 * A bar for work that may take a while, in this unit. It shows from the first second on, or at once where the work holds
 * the thread for longer than that.
 */
export type Progress = (label: string, unit: string, shown?: 'at once') => Bar;

export const noBar: Bar = { at: () => {}, end: () => {} };

export const noProgress: Progress = () => noBar;

const showAfterMs = 1_000;

const format = '{label} {bar} {percentage} %  {value}/{total} {unit}  {rate}/s  ETA {eta_formatted}';

const options = (stream: NodeJS.WritableStream) => ({
  ...{ stream, format, barsize: 24, fps: 5, etaBuffer: 20 },
  ...{ barCompleteChar: '█', barIncompleteChar: '░' },
  ...{ clearOnComplete: true, noTTYOutput: false, hideCursor: null },
});

/** Three digits: 0.52, 17.3, 12,300. */
const rounded = (rate: number): string => Number(rate.toPrecision(3)).toLocaleString('en-US');

/** Bars on a terminal. `now` is the clock of tests. */
export const progressOn =
  (stream: NodeJS.WritableStream, now: () => number = Date.now): Progress =>
  (label, unit, shown) => {
    const begunMs = now();
    const bar = new SingleBar(options(stream));
    let isShown = false;
    const at = (done: number, total: number): void => {
      const seconds = (now() - begunMs) / 1000;
      if (shown === undefined && seconds * 1000 < showAfterMs) return;
      const payload = { label, unit, rate: seconds > 0 ? rounded(done / seconds) : '–' };
      if (isShown) {
        bar.setTotal(total);
        return bar.update(Math.min(done, total), payload);
      }
      isShown = true;
      bar.start(total, Math.min(done, total), payload);
    };
    return { at, end: () => void (isShown && bar.stop()) };
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
