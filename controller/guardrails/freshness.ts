import type { Guardrails } from '../../strategy_schemas/schema.ts';
import type { Db } from '../database.ts';
import type { Scope } from '../names.ts';
import { liftLock, lockTarget, openLock } from './locks.ts';
import { targetOfScope } from './targets.ts';

/** What the gateway knows of an instrument's candles and model. Times in epoch ms. */
export interface Market {
  /** End of the newest closed candle; null where none is stored. */
  readonly candlesTo: number | null;
  readonly timeframeMs: number;
  /** End of the candles that the serving model was trained on; null where no model serves. */
  readonly trainedTo: number | null;
}

const minuteMs = 60_000;
const hourMs = 3_600_000;

const staleMarket = (
  { candlesTo, timeframeMs }: Market,
  { max_candles }: { max_candles: number },
  now: number,
): string | undefined => {
  if (candlesTo === null) return 'no closed candle is stored';
  const behind = (now - candlesTo) / timeframeMs;
  if (behind <= max_candles) return undefined;
  return `the newest candle closed ${((now - candlesTo) / minuteMs).toFixed(0)} min ago, ${max_candles} candles are allowed`;
};

const staleModel = (
  trainedTo: number | null,
  { max_age_hours, missing }: NonNullable<Guardrails['protections']['stale_model']>,
  now: number,
): string | undefined => {
  if (trainedTo === null) return missing ? 'no model serves this instrument' : undefined;
  const hours = (now - trainedTo) / hourMs;
  return hours <= max_age_hours
    ? undefined
    : `the model was trained to ${hours.toFixed(0)} h ago, ${max_age_hours} h are allowed`;
};

const follow = (db: Db, scope: Scope, protection: string, reason: string | undefined, now: number): void => {
  const target = targetOfScope(scope);
  const open = openLock(db, target, protection, now);
  if (reason !== undefined) lockTarget(db, { target, protection, reason, until: null }, now);
  else if (open) liftLock(db, open, { actor: `protection:${protection}`, reason: 'it is fresh again' }, now);
};

/** Locks while market data or model are stale, and lifts the lock when they are fresh again. */
export const followFreshness = (
  db: Db,
  scope: Scope,
  {
    protections,
    market,
    now,
  }: { protections: Guardrails['protections']; market: Market | undefined; now: number },
): void => {
  const { stale_market, stale_model } = protections;
  if (stale_market && market) follow(db, scope, 'stale_market', staleMarket(market, stale_market, now), now);
  // An instrument that is not followed will never have a model: only a schema that insists locks it.
  if (stale_model && (market || stale_model.missing === true))
    follow(db, scope, 'stale_model', staleModel(market?.trainedTo ?? null, stale_model, now), now);
};
