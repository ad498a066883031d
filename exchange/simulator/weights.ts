/** What the limiter says to one request. */
export type Admission =
  | { readonly allowed: true; readonly usedWeight: number }
  | {
      readonly allowed: false;
      readonly status: 429 | 418;
      readonly usedWeight: number;
      readonly retryAfterMs: number;
    };

export interface WeightOptions {
  /** Weight that one minute allows. */
  readonly limit: number;
  /** Refused requests within a minute before the ban. */
  readonly patience?: number;
  readonly banMs?: number;
  /** Real time: a frozen simulated clock must not freeze the limits. */
  readonly wall?: () => number;
}

const minuteMs = 60_000;

/** Binance's weight limit of an address: 429 until the minute is over; who goes on asking is banned with 418. */
export const createWeightLimit = ({
  limit,
  patience = 10,
  banMs = 120_000,
  wall = Date.now,
}: WeightOptions) => {
  let minute = Number.NaN;
  let usedWeight = 0;
  let refused = 0;
  let bannedUntilMs = 0;

  const startMinute = (nowMs: number) => {
    if (Math.floor(nowMs / minuteMs) === minute) return;
    minute = Math.floor(nowMs / minuteMs);
    usedWeight = 0;
    refused = 0;
  };

  const refuse = (nowMs: number): Admission => {
    refused += 1;
    if (refused > patience) bannedUntilMs = nowMs + banMs;
    const retryAfterMs = refused > patience ? banMs : (minute + 1) * minuteMs - nowMs;
    return { allowed: false, status: refused > patience ? 418 : 429, usedWeight, retryAfterMs };
  };

  return {
    admit(weight: number): Admission {
      const nowMs = wall();
      startMinute(nowMs);
      usedWeight += weight;
      if (nowMs < bannedUntilMs)
        return { allowed: false, status: 418, usedWeight, retryAfterMs: bannedUntilMs - nowMs };
      return usedWeight > limit ? refuse(nowMs) : { allowed: true, usedWeight };
    },
    state: () => ({ usedWeight, limit, bannedUntilMs }),
  };
};
