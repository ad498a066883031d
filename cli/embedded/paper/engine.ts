import { setTimeout as delay } from 'node:timers/promises';
import { regimeFeatures } from '../../../features/regime-features.ts';
import type { Series } from '../../../series.ts';
import type { GatewayClient } from '../../gateway-client.ts';
import { type Bar, closedBars } from './bars.ts';
import { type PaperStrategy, paperStrategies, rewardOf, type Trade } from './strategies.ts';

/**
 * A paper engine for `npm start` against the built-in exchange: it asks the gateway for parameters as a real engine
 * does, trades them on paper, and reports what the simulated candles after the decision made of them. It begins some
 * hours back, so that there is something to see within the first minute, and then goes on candle by candle.
 */
export interface PaperEngineOptions {
  readonly gateway: GatewayClient;
  readonly exchangeUrl: string;
  readonly series: Series;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** Between two candles of the past. */
  readonly paceMs?: number;
}

interface Param {
  readonly config_id: string;
  readonly decision_id: string;
  readonly preset_id: string;
  readonly params: Readonly<Record<string, number | string>>;
  readonly trading_state: string;
}

interface Open {
  readonly trade: Trade;
  readonly config: Param;
  readonly positionId: string;
}

/** How far back a new state begins. */
const backlogCandles = 240;
/** What averages, deviations and the filter of the regimes look back on. */
const contextCandles = 500;
const lookMs = 5_000;

/** Follows one strategy over the candles; it is shown no candle after the one that it decides on. */
const createTrader = (
  { strategy, features: featuresOf, open: openTrade, isOver }: PaperStrategy,
  { gateway, series }: PaperEngineOptions,
) => {
  const instrument = series.symbol.replace('/', '');
  const scope = `${strategy}/${instrument}`;
  let lookedAtMs = 0;
  let held: Open | undefined;

  const ask = (body: object) => gateway.post<Param>(`/param/${scope}`, body);

  const perhapsOpen = async (bars: readonly Bar[]): Promise<void> => {
    const features = { ...(await regimes(gateway, series, bars)), ...featuresOf(bars) };
    const config = await ask({ features });
    const trade = config.trading_state === 'ACTIVE' ? openTrade(config.params, bars) : undefined;
    if (trade === undefined) return;
    const positionId = `paper-${strategy}-${instrument}-${trade.entryMs}`;
    await ask({ features, position_id: positionId, decision_id: config.decision_id });
    held = { trade, config, positionId };
  };

  const perhapsClose = async ({ trade, config, positionId }: Open, bars: readonly Bar[]): Promise<void> => {
    if (!isOver(config.params, trade, bars)) return;
    await gateway.post(`/learn/outcome/${scope}/${config.preset_id}`, {
      reward: rewardOf(trade, bars),
      config_id: config.config_id,
      outcome_id: `${positionId}-${newestMs(bars)}`,
    });
    held = undefined;
    await gateway.post(`/positions/${encodeURIComponent(positionId)}/close`, { strategy, instrument });
  };

  return {
    /** Goes on after what an earlier start learned: no candle earns twice. */
    async resume(bars: readonly Bar[]): Promise<void> {
      const asked = `/outcomes?limit=1&strategy=${strategy}&instrument=${instrument}`;
      const { data } = await gateway.get<{ data: { outcome_id: string | null }[] }>(asked);
      const learnedToMs = /^paper-.*-(\d+)$/.exec(data[0]?.outcome_id ?? '')?.[1];
      lookedAtMs = Math.max(Number(learnedToMs ?? 0), newestMs(bars.slice(0, -backlogCandles)));
    },
    isNew: ({ openTimeMs }: Bar): boolean => openTimeMs > lookedAtMs,
    async look(bars: readonly Bar[]): Promise<void> {
      await (held ? perhapsClose(held, bars) : perhapsOpen(bars));
      lookedAtMs = newestMs(bars);
    },
  };
};

const newestMs = (bars: readonly Bar[]): number => bars.at(-1)?.openTimeMs ?? 0;

/** Of the candles so far, not of what the gateway knows by now. */
const regimes = async (gateway: GatewayClient, { symbol }: Series, bars: readonly Bar[]) => {
  const candles = bars.map((bar) => [bar.openTimeMs, bar.open, bar.high, bar.low, bar.close, bar.volume]);
  const answer = await gateway.post<{ regime_proba: Record<string, number> }>('/predict', {
    symbol,
    candles,
  });
  return regimeFeatures(answer.regime_proba);
};

type Trader = ReturnType<typeof createTrader>;

const walk = async (trader: Trader, bars: readonly Bar[], { signal, paceMs = 250 }: PaperEngineOptions) => {
  for (const [at, bar] of bars.entries()) {
    if (!trader.isNew(bar)) continue;
    await trader.look(bars.slice(Math.max(0, at + 1 - contextCandles), at + 1));
    await delay(paceMs, undefined, { signal });
  }
};

const follow = async (options: PaperEngineOptions): Promise<never> => {
  const { exchangeUrl, series, signal } = options;
  const market = { symbol: series.symbol.replace('/', ''), timeframe: series.timeframe };
  const look = () => closedBars(exchangeUrl, market, signal);
  const traders = paperStrategies.map((strategy) => createTrader(strategy, options));
  for (const trader of traders) await trader.resume(await look());
  while (true) {
    const bars = await look();
    await Promise.all(traders.map((trader) => walk(trader, bars, options)));
    await delay(lookMs, undefined, { signal });
  }
};

/** Trades until the signal; a gateway or an exchange that is away for a while is said once and waited for. */
export const runPaperEngine = async (options: PaperEngineOptions): Promise<void> => {
  const { signal, say } = options;
  let said = '';
  while (!signal.aborted) {
    const reason = await follow(options).catch((error: Error) => error.message);
    if (signal.aborted) return;
    if (reason !== said) say(`paper engine: ${reason}; it tries again`);
    said = reason;
    await delay(lookMs, undefined, { signal }).catch(() => undefined);
  }
};
