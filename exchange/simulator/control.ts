import { isTimeframe, timeframesMs } from '../../series.ts';
import { type RawRow, readCandle } from '../candle-rows.ts';
import { type Answer, json } from './answers.ts';
import type { SimClock } from './clock.ts';
import type { CandleEdits, Edit } from './edits.ts';
import { type Fault, type FaultKind, type Faults, faultKinds } from './faults.ts';
import type { CandleSource } from './source.ts';

/** What the control requests may turn. */
export interface Controls {
  readonly source: CandleSource;
  readonly clock: SimClock;
  readonly faults: Faults;
  readonly edits: CandleEdits;
}

const numberIn = (body: Record<string, unknown>, name: string): number | undefined => {
  const value = body[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`${name} must be a number`);
  return value;
};

const known = (body: Record<string, unknown>, names: readonly string[]): void => {
  const unknown = Object.keys(body).filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`${unknown.join(', ')} is not known here: ${names.join(', ')}`);
};

/** `{advanceTo?: ms | "end", advanceBy?: ms, speed?: number, frozen?: boolean}` */
const setClock = ({ source, clock }: Controls, body: Record<string, unknown>): void => {
  known(body, ['advanceTo', 'advanceBy', 'speed', 'frozen']);
  const to = body.advanceTo === 'end' ? Math.max(source.endMs, clock.now()) : numberIn(body, 'advanceTo');
  const by = numberIn(body, 'advanceBy');
  const speed = body.frozen === true ? 0 : body.frozen === false ? 1 : numberIn(body, 'speed');
  if (to !== undefined) clock.advanceTo(to);
  if (by !== undefined) clock.advanceBy(by);
  if (speed !== undefined) clock.setSpeed(speed);
};

const asFault = (body: Record<string, unknown>): Fault => {
  known(body, ['kind', 'times', 'probability', 'symbol', 'path', 'delayMs', 'retryAfterMs', 'answer']);
  if (!faultKinds.includes(body.kind as FaultKind))
    throw new Error(`kind must be one of ${faultKinds.join(' ')}`);
  return body as unknown as Fault;
};

/** A fault, a list of them, or `{clear: true}`. */
const setFaults = ({ faults }: Controls, body: unknown): void => {
  if (typeof body === 'object' && body !== null && 'clear' in body) return faults.clear();
  faults.add(...(Array.isArray(body) ? body : [body]).map(asFault));
};

const timesIn = (body: Record<string, unknown>, name: string): number[] => {
  const times = body[name] ?? [];
  if (Array.isArray(times) && times.every((time) => Number.isSafeInteger(time))) return times;
  throw new Error(`${name} must be a list of open times, epoch ms`);
};

const asEdit = (body: Record<string, unknown>): Edit => {
  known(body, ['symbol', 'timeframe', 'rewrite', 'remove', 'restore']);
  const { symbol, timeframe, rewrite = [] } = body;
  if (typeof symbol !== 'string') throw new Error('symbol must be a name such as BTCUSDT');
  if (typeof timeframe !== 'string' || !isTimeframe(timeframe)) throw new Error('timeframe must be one');
  if (!Array.isArray(rewrite)) throw new Error('rewrite must be a list of candles');
  const candles = rewrite.map((row: RawRow) => readCandle(row, timeframesMs[timeframe]));
  const times = { remove: timesIn(body, 'remove'), restore: timesIn(body, 'restore') };
  return { symbol, timeframe, rewrite: candles, ...times };
};

/** `{symbol, timeframe, rewrite?: [[t, o, h, l, c, v]…], remove?: [t…], restore?: [t…]}`, or `{clear: true}`. */
const setCandles = ({ edits }: Controls, body: Record<string, unknown>): void =>
  'clear' in body ? edits.clear() : edits.apply(asEdit(body));

/** Where the simulator stands. */
export const stateOf = ({ source, clock, faults }: Controls, requests: Record<string, number>) => ({
  nowMs: clock.now(),
  speed: clock.speed,
  firstMs: source.firstMs,
  endMs: Number.isFinite(source.endMs) ? source.endMs : null,
  symbols: source.symbols.map(({ id }) => id),
  faults: faults.state(),
  requests,
});

/** Answers `/__sim/…`: the simulator's own controls, which no exchange has. */
export const control = (
  controls: Controls,
  request: { readonly method: string; readonly path: string; readonly body: string },
  requests: Record<string, number>,
): Answer => {
  try {
    if (request.method === 'POST' && request.path === '/__sim/clock')
      setClock(controls, JSON.parse(request.body));
    else if (request.method === 'POST' && request.path === '/__sim/faults')
      setFaults(controls, JSON.parse(request.body));
    else if (request.method === 'POST' && request.path === '/__sim/candles')
      setCandles(controls, JSON.parse(request.body));
    else if (request.path !== '/__sim/state') return json(404, { detail: `no control ${request.path}` });
    return json(200, stateOf(controls, requests));
  } catch (error) {
    return json(400, { detail: error instanceof Error ? error.message : String(error) });
  }
};
