import type { NewAlert } from '../../ledger/alerts.ts';

interface Failure {
  readonly error: unknown;
  readonly alert: NewAlert;
}

/** Does one step; undefined where it failed. */
export type Attempt = <T>(step: string, work: () => T | Promise<T>) => Promise<T | undefined>;

const alertOf = (step: string, error: unknown): NewAlert => {
  const reason = error instanceof Error ? error.message : String(error);
  const message = `the watch over the newest promotion cannot do its part for ${step}: ${reason}`;
  return { kind: 'watch_failed', subject: step, message, detail: { step, reason } };
};

/** Steps of which none keeps the next from being done; what failed is collected. */
export const attempts = (): { readonly attempt: Attempt; readonly failures: readonly Failure[] } => {
  const failures: Failure[] = [];
  const attempt: Attempt = async (step, work) => {
    try {
      return await work();
    } catch (error) {
      failures.push({ error, alert: alertOf(step, error) });
      return undefined;
    }
  };
  return { attempt, failures };
};

/** Rejects when there is no answer within `ms`, so that what comes after it is still done in this run. */
export const inTime = async <T>(answer: Promise<T>, ms: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
};
