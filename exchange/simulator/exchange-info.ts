import { RefusedRequest } from './answers.ts';
import { readParams } from './params.ts';
import type { CandleSource, SimSymbol } from './source.ts';

const tick = (decimals: number): string => (10 ** -Math.min(decimals, 8)).toFixed(8);

const filters = ({ priceDecimals, volumeDecimals }: SimSymbol) => [
  {
    filterType: 'PRICE_FILTER',
    minPrice: tick(priceDecimals),
    maxPrice: '1000000.00000000',
    tickSize: tick(priceDecimals),
  },
  {
    filterType: 'LOT_SIZE',
    minQty: tick(volumeDecimals),
    maxQty: '9000000.00000000',
    stepSize: tick(volumeDecimals),
  },
  {
    filterType: 'NOTIONAL',
    minNotional: '5.00000000',
    applyMinToMarket: true,
    maxNotional: '9000000.00000000',
    applyMaxToMarket: false,
    avgPriceMins: 5,
  },
];

const market = (symbol: SimSymbol) => ({
  symbol: symbol.id,
  status: 'TRADING',
  baseAsset: symbol.base,
  baseAssetPrecision: 8,
  quoteAsset: symbol.quote,
  quotePrecision: 8,
  quoteAssetPrecision: 8,
  baseCommissionPrecision: 8,
  quoteCommissionPrecision: 8,
  orderTypes: ['LIMIT', 'LIMIT_MAKER', 'MARKET'],
  icebergAllowed: true,
  ocoAllowed: true,
  isSpotTradingAllowed: true,
  isMarginTradingAllowed: false,
  filters: filters(symbol),
  permissions: ['SPOT'],
});

const askedSymbols = (query: URLSearchParams): string[] | undefined => {
  const params = readParams(query);
  const one = params.text('symbol');
  const many = params.text('symbols');
  params.end();
  return one ? [one] : many?.match(/[A-Z0-9]+/g)?.slice();
};

/** GET /api/v3/exchangeInfo in the form of Binance spot. */
export const exchangeInfo = (
  source: CandleSource,
  query: URLSearchParams,
  nowMs: number,
  weightLimit: number,
) => {
  const asked = askedSymbols(query) ?? source.symbols.map(({ id }) => id);
  const symbols = asked.map((id) => source.symbols.find((symbol) => symbol.id === id));
  if (symbols.includes(undefined)) throw new RefusedRequest(-1121, 'Invalid symbol.');
  return {
    timezone: 'UTC',
    serverTime: nowMs,
    rateLimits: [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: weightLimit }],
    exchangeFilters: [],
    symbols: symbols.flatMap((symbol) => (symbol ? [market(symbol)] : [])),
  };
};
