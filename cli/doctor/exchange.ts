import type { Config } from '../../config.ts';
import { clockOffsetMs } from '../../health/clock-skew.ts';
import { wantsSimulator } from '../embedded/simulator.ts';
import { type Check, fail, ok, reasonOf, warn } from './check.ts';

/** CCXT takes most of a second to load, so nobody else pays for it. */
const connect = async ({ exchange }: Config, timeoutMs: number) => {
  const { createCcxtExchange } = await import('../../exchange/ccxt.ts');
  return await createCcxtExchange({
    ...{ id: exchange.id, timeoutMs },
    ...(exchange.url === undefined ? {} : { baseUrl: exchange.url }),
    ...(exchange.proxyUrl === undefined ? {} : { proxyUrl: exchange.proxyUrl }),
  });
};

const clockOf = (offsetMs: number, limitMs: number): Check => {
  const found = `the exchange's clock is ${Math.abs(offsetMs)} ms ${offsetMs < 0 ? 'behind' : 'ahead of'} ours`;
  if (Math.abs(offsetMs) <= limitMs) return ok('clock', found);
  return fail('clock', `${found}; ALERT_CLOCK_SKEW is ${limitMs} ms`, 'set the clock of this machine by NTP');
};

const ask = async (config: Config, timeoutMs: number, now: () => number): Promise<Check[]> => {
  const { exchange, health } = config;
  const asked = await connect(config, timeoutMs);
  try {
    const beforeMs = now();
    const exchangeMs = await asked.timeMs();
    const offsetMs = clockOffsetMs(beforeMs, exchangeMs, now());
    return [
      ok('exchange', `${exchange.id} answers`),
      config.simulator.replayDir === undefined
        ? clockOf(offsetMs, health.clockSkewMs)
        : ok('clock', 'a replay has a clock of its own'),
    ];
  } finally {
    await asked.close();
  }
};

/** Whether the exchange answers, and how far its clock is from ours. */
export const checkExchange = async (
  config: Config,
  timeoutMs: number,
  now: () => number = Date.now,
): Promise<Check[]> => {
  if (wantsSimulator(config))
    return [
      ok('exchange', 'the built-in simulator, which `npm start` brings up'),
      ok('clock', 'the simulator goes by the clock of this machine'),
    ];
  try {
    return await ask(config, timeoutMs, now);
  } catch (error) {
    const { id, url } = config.exchange;
    const where = url === undefined ? id : `${id} at ${url}`;
    return [
      fail(
        'exchange',
        `${where} does not answer: ${reasonOf(error)}`,
        'look at the network and its proxy, at EXCHANGE and EXCHANGE_URL, and whether the exchange serves your country',
      ),
      warn('clock', 'nothing to compare it with', 'see above'),
    ];
  }
};
