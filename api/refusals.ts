import { bodyOfRefusal, statusOfFailure } from './errors.ts';

/** Why a route may refuse, in the words of one example. The status is that of the failure type unless it is given. */
const details = {
  Internal: 'something that nobody foresaw; the log has it',
  RateLimited: 'more than 200 read requests a second from one client',
  Timeout: '/param/{strategy}/{instrument} took over 4000 ms',
  Unauthorized: 'an X-API-Key or a bearer token is needed',
  Forbidden: '/train needs the role trainer, the caller is reader',
  ForeignOrigin: 'requests from pages of https://elsewhere.example are refused',
  MethodNotAllowed: 'HEAD would write a decision',
  MalformedJson: 'the body is not JSON: Unexpected end of JSON input',
  BodyTooLarge: 'the body is larger than 1048576 bytes',
  Invalid: 'features.vol: Invalid input: expected number, received string',
  PresetIncomplete: 'preset_id and params required',
  NoPresets: 'no presets registered',
  UnknownPreset: 'no preset bold of momentum_breakout on BTCUSDT',
  UnknownDecision: 'no decision 0198c5f2-6b1e-7d0c-9a51-3f8a2d7f4b10',
  UnknownPosition: 'no position p-17',
  UnknownOutcome: 'no outcome trade-17',
  UnknownLock: 'no open lock 3',
  UnknownVersion: 'no version 20260105T060000Z__hmm4__0a1b2c3d',
  UnknownSchedule: 'there is no schedule schedule-retrain',
  UnknownSymbol: 'no model of "DOGE/USDT"; there are binance:BTC/USDT:1h',
  Conflict: 'request id 7f was used for another request',
  OutOfBounds: 'risk_bps: 1000000000 is above 500',
  TooManyPresets: 'momentum_breakout on BTCUSDT has 12 presets, which is MAX_PRESETS',
  InvalidData: 'the equity of everything is reported in USDT, not EUR',
  NothingUsable: "none of the model's features can be computed; it knows logret, rvol, range, volz",
  NotReady: 'no model is loaded yet: ingest and train first',
  NoModel: 'no model is loaded: train and promote one first',
  NoCandles: 'no candles of binance:BTC/USDT:1h are stored',
  RetrainRunning: 'a retrain with other arguments is running',
  LineageFixed: 'the lineage has 4 states; autotrain lineage new begins another',
  NotEnoughData: 'fewer than 2000 candles',
  NothingAwaitsApproval: 'no version awaits approval',
  NoPredecessor: 'the champion has no predecessor',
  ChampionChanged: 'another promotion came first',
  Fenced: 'a newer claim holds these files',
  TrainingKilled: 'the training loop is killed: resume it first',
  ExchangeBadAnswer: 'the exchange answered something that is no candle',
  ExchangeUnavailable: 'the exchange does not answer',
  Overloaded: 'too many requests wait for the store',
  TemporalUnavailable: 'Temporal does not answer: is its server running?',
  PayloadUnreadable: 'a payload is encrypted under a key that PAYLOAD_KEY does not hold',
  StorageUnavailable: 'the store cannot be written: the disk is full',
} as const;

export type RefusalName = keyof typeof details;

/** Refusals that the gateway makes itself; all others follow from a failure's type. */
const ownStatus: Readonly<Partial<Record<RefusalName, number>>> = {
  RateLimited: 429,
  Timeout: 504,
  Unauthorized: 401,
  Forbidden: 403,
  ForeignOrigin: 403,
  MethodNotAllowed: 405,
  MalformedJson: 400,
  BodyTooLarge: 413,
  Invalid: 422,
  PresetIncomplete: 400,
  UnknownSymbol: 404,
  NothingUsable: 422,
  NotReady: 503,
  NoModel: 503,
  NoCandles: 503,
};

const statusOf = (name: RefusalName): number => ownStatus[name] ?? statusOfFailure[name] ?? 500;

/** What the bandit controller's thread and its database may answer on any route. */
export const ofController = ['Overloaded', 'StorageUnavailable'] as const;

/** What any route that asks Temporal may answer. */
export const ofTemporal = ['TemporalUnavailable', 'PayloadUnreadable', 'StorageUnavailable'] as const;

/** What is known of a route before it is called. */
interface Guarded {
  readonly method: string;
  readonly isOpen: boolean;
  readonly writes: boolean;
  readonly takesBody: boolean;
  readonly takesInput: boolean;
}

/** Refusals that follow from how a route is guarded and parsed. */
const common = ({ method, isOpen, writes, takesBody, takesInput }: Guarded): RefusalName[] => [
  ...(isOpen ? [] : (['Unauthorized', 'Forbidden'] as const)),
  ...(method === 'get' ? [] : (['ForeignOrigin'] as const)),
  ...(writes ? (['MethodNotAllowed'] as const) : []),
  ...(takesBody ? (['MalformedJson', 'BodyTooLarge'] as const) : []),
  ...(takesInput ? (['Invalid'] as const) : []),
  'RateLimited',
  'Internal',
  'Timeout',
];

/** The refusals of a route by status: their names, and an example of each as it is answered. */
export const refusalsByStatus = (guarded: Guarded, own: readonly RefusalName[]) => {
  const byStatus = new Map<number, Partial<Record<RefusalName, { value: object }>>>();
  for (const name of new Set([...common(guarded), ...own])) {
    const example = { [name]: { value: bodyOfRefusal(name, details[name]) } };
    byStatus.set(statusOf(name), { ...byStatus.get(statusOf(name)), ...example });
  }
  return byStatus;
};
