import { ApiError } from './errors.ts';

/** Requests per second and client, by what a request costs; `burst` may come at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/**
 * `engine`: computed from memory, polled by machines. `read`: one query. `work`: starts a workflow, changes
 * what serves or reads a history, which people and schedules do a few times an hour.
 */
export type RateClass = 'engine' | 'read' | 'work';

export const defaultRates: Readonly<Record<RateClass, Rate>> = {
  engine: { perSecond: 20_000, burst: 40_000 },
  read: { perSecond: 200, burst: 400 },
  work: { perSecond: 5, burst: 30 },
};

/** A client that was idle long enough has a full bucket, so forgetting it changes nothing; this bounds memory. */
const maxBuckets = 10_000;

export type TakeToken = (rateClass: RateClass, client: string) => void;

/** Token buckets by class and client. Throws 429 with Retry-After when a bucket is empty. */
export const createRateLimit = (
  rates: Readonly<Record<RateClass, Rate>>,
  nowMs: () => number = () => performance.now(),
): TakeToken => {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return (rateClass, client) => {
    const rate = rates[rateClass];
    const key = `${rateClass} ${client}`;
    const now = nowMs();
    const bucket = buckets.get(key) ?? { tokens: rate.burst, atMs: now };
    bucket.tokens = Math.min(rate.burst, bucket.tokens + ((now - bucket.atMs) / 1000) * rate.perSecond);
    bucket.atMs = now;
    if (!buckets.has(key)) remember(buckets, key, bucket);
    if (bucket.tokens < 1) throw tooMany(rateClass, rate, bucket.tokens);
    bucket.tokens -= 1;
  };
};

const remember = <T>(buckets: Map<string, T>, key: string, bucket: T) => {
  const oldest = buckets.size >= maxBuckets ? buckets.keys().next() : undefined;
  if (oldest && !oldest.done) buckets.delete(oldest.value);
  buckets.set(key, bucket);
};

const tooMany = (rateClass: RateClass, rate: Rate, tokens: number) =>
  new ApiError(
    429,
    'RateLimited',
    `more than ${rate.perSecond} ${rateClass} requests a second from one client`,
    { 'Retry-After': String(Math.max(1, Math.ceil((1 - tokens) / rate.perSecond))) },
  );
