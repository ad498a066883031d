const quotes = [
  'USDT',
  'USDC',
  'FDUSD',
  'TUSD',
  'BUSD',
  'DAI',
  'USD',
  'EUR',
  'GBP',
  'TRY',
  'BRL',
  'BTC',
  'ETH',
  'BNB',
];

/** `BTCUSDT` → base and quote. The name does not say where it splits, so the known quote assets do. */
export const splitSymbol = (id: string): { base: string; quote: string } => {
  const quote = quotes.find((candidate) => id.endsWith(candidate) && id.length > candidate.length);
  if (!quote) throw new Error(`"${id}" does not end in a quote asset that is known: ${quotes.join(' ')}`);
  return { base: id.slice(0, -quote.length), quote };
};
