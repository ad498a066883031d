/** A closed candle of the simulated exchange. */
export interface Bar {
  readonly openTimeMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

type Kline = readonly [number, string, string, string, string, string, number];

const barOf = ([openTimeMs, open, high, low, close, volume]: Kline): Bar => ({
  openTimeMs,
  ...{ open: Number(open), high: Number(high), low: Number(low), close: Number(close) },
  volume: Number(volume),
});

const read = async <T>(url: string, signal: AbortSignal): Promise<T> => {
  const answer = await fetch(url, { signal });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return (await answer.json()) as T;
};

/** The newest closed candles, ascending; by the exchange's own clock, which a replay holds still. */
export const closedBars = async (
  exchangeUrl: string,
  { symbol, timeframe }: { readonly symbol: string; readonly timeframe: string },
  signal: AbortSignal,
): Promise<Bar[]> => {
  const query = new URLSearchParams({ symbol, interval: timeframe, limit: '1000' });
  const { serverTime } = await read<{ serverTime: number }>(`${exchangeUrl}/api/v3/time`, signal);
  const rows = await read<Kline[]>(`${exchangeUrl}/api/v3/klines?${query.toString()}`, signal);
  return rows.filter(([, , , , , , closeTimeMs]) => closeTimeMs < serverTime).map(barOf);
};
