import type { CcxtClient } from './ccxt-client.ts';
import { ExchangeError } from './errors.ts';

/** A symbol may be listed while we run: an unknown one is looked up again, but not on every call. */
const lookAgainAfterMs = 10 * 60_000;

/**
 * The exchange's list of markets, loaded on first use.
 * CCXT lets concurrent calls share one load, but remembers a failed one for ever unless a load is forced.
 */
export const loadedMarkets = (client: CcxtClient, now: () => number = Date.now) => {
  let loadedAtMs = Number.NEGATIVE_INFINITY;

  const load = async (): Promise<void> => {
    await client.loadMarkets(true);
    loadedAtMs = now();
  };

  const knows = (symbol: string): boolean => Object.hasOwn(client.markets ?? {}, symbol);

  return {
    /** Throws `ExchangeError` BadSymbol when the exchange does not list the symbol. */
    async demand(symbol: string): Promise<void> {
      if (!knows(symbol) && now() - loadedAtMs > lookAgainAfterMs) await load();
      if (!knows(symbol)) throw new ExchangeError('BadSymbol', `${client.id} does not list ${symbol}`);
    },
  };
};
