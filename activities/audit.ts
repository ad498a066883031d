import { createHash } from 'node:crypto';
import { createRandom } from '../numerics/random.ts';
import { parseSeries, type Series, timeframesMs } from '../series.ts';
import type { AuditRequest, AuditResult } from '../workflows/types.ts';
import { heldRange } from './held-range.ts';
import { type LookRange, look } from './look.ts';
import type { LookAgainDeps } from './look-again.ts';

/** One page of the exchange. */
const auditedCandles = 500;

/**
 * A page of what is stored behind the newest candles, which every ingest looks at anyway. The same day and sample give
 * the same place in the history, so a repeated audit asks for the same candles.
 */
const sampledRange = (held: LookRange, series: Series, skip: number, seed: string): LookRange | undefined => {
  const step = timeframesMs[series.timeframe];
  const toMs = held.toMs - skip * step;
  const candles = Math.floor((toMs - held.fromMs) / step) + 1;
  if (candles < 2) return undefined;
  const size = Math.min(candles, auditedCandles);
  const number = createHash('sha256').update(seed).digest().readUInt32BE(0);
  const first = Math.floor(createRandom(number).uniform() * (candles - size + 1));
  return { fromMs: held.fromMs + first * step, toMs: held.fromMs + (first + size - 1) * step };
};

export const createAuditActivities = (deps: LookAgainDeps) => ({
  /** Compares one sampled older range of a series with the exchange: one request. What changed is stored, all of it is logged. */
  async auditRange({ series: key, day, sample }: AuditRequest): Promise<AuditResult> {
    const series = parseSeries(key);
    const held = heldRange(deps, series);
    const seed = `${key} ${day} ${sample}`;
    const range = held && sampledRange(held, series, deps.refetchCandles, seed);
    if (!range) {
      deps.ledger.recordReading(`audit:${key}`, 0);
      return { series: key, sample, compared: 0, rewritten: 0, appeared: 0, removed: 0, suspected: 0 };
    }
    const { cover: _, isExchangeClosed: __, ...found } = await look(deps, series, range);
    const result = { series: key, sample, ...range, ...found };
    deps.ledger.audit({ actor: 'audit', action: 'candles.audit', subject: key, detail: { day, ...result } });
    deps.ledger.recordReading(`audit:${key}`, result.compared);
    return result;
  },
});
