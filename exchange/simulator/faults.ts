import { createRandom } from '../../numerics/random.ts';
import { type Answer, banned, html, json, refusal, tooManyRequests } from './answers.ts';

/** What can go wrong. The last four change how an answer is sent, the others what it is. */
export const faultKinds = [
  'rate-limit',
  'ban',
  'error-json',
  'busy-json',
  'timeout-json',
  'error-html',
  'forbidden-html',
  'restricted',
  'html',
  'empty-object',
  'answer',
  'cut-json',
  'cut-connection',
  'stall',
  'slow',
] as const;

export type FaultKind = (typeof faultKinds)[number];

/** A fault that waits for its request. `times` counts down (default 1); with `probability` it strikes at random, for ever unless `times` is given. */
export interface Fault {
  readonly kind: FaultKind;
  readonly times?: number;
  readonly probability?: number;
  /** Only requests for this symbol (`BTCUSDT`). */
  readonly symbol?: string;
  /** Only requests whose path ends like this, such as `/klines`. */
  readonly path?: string;
  /** For `slow`. */
  readonly delayMs?: number;
  /** For `rate-limit` and `ban`. */
  readonly retryAfterMs?: number;
  /** For `answer`: exactly what is sent. */
  readonly answer?: Answer;
}

/** The answer of a fault that replaces it; undefined for those that only spoil the sending. */
export const faultyAnswer = (
  { kind, retryAfterMs = 1000, answer }: Fault,
  wallMs: number,
): Answer | undefined => {
  switch (kind) {
    case 'rate-limit':
      return tooManyRequests(retryAfterMs, 6000);
    case 'ban':
      return banned(retryAfterMs, wallMs);
    case 'error-json':
      return refusal(500, -1000, 'An unknown error occurred while processing the request.');
    case 'busy-json':
      return refusal(503, -1001, 'Internal error; unable to process your request. Please try again.');
    case 'timeout-json':
      return refusal(
        504,
        -1007,
        'Timeout waiting for response from backend server. Send status unknown; execution status unknown.',
      );
    case 'error-html':
      return html(502, '502 Bad Gateway');
    case 'forbidden-html':
      return html(403, '403 Forbidden');
    case 'restricted':
      return refusal(
        451,
        0,
        "Service unavailable from a restricted location according to 'b. Eligibility' in https://www.binance.com/en/terms.",
      );
    case 'html':
      return html(200, 'Please wait');
    case 'empty-object':
      return json(200, {});
    case 'answer':
      return answer;
    default:
      return undefined;
  }
};

export interface FaultRequest {
  readonly path: string;
  readonly symbol: string | undefined;
}

const matches = (fault: Fault, { path, symbol }: FaultRequest): boolean =>
  (fault.symbol === undefined || fault.symbol === symbol) &&
  (fault.path === undefined || path.endsWith(fault.path));

/** The faults that wait. At most one strikes a request: the first that matches, in the order they were added. */
export const createFaults = ({
  initial = [],
  seed = 1,
}: {
  initial?: readonly Fault[];
  seed?: number;
} = {}) => {
  const random = createRandom(seed);
  const timesOf = (fault: Fault): number =>
    fault.times ?? (fault.probability === undefined ? 1 : Number.POSITIVE_INFINITY);
  let waiting: { fault: Fault; left: number }[] = [];
  let struck = 0;

  const add = (...faults: readonly Fault[]) => {
    for (const fault of faults) {
      if (fault.kind === 'answer' && !fault.answer)
        throw new Error('a fault of kind "answer" needs an answer');
      waiting.push({ fault, left: timesOf(fault) });
    }
  };

  const strike = (request: FaultRequest): Fault | undefined => {
    const hit = waiting.find(
      ({ fault }) => matches(fault, request) && random.uniform() < (fault.probability ?? 1),
    );
    if (!hit) return undefined;
    struck += 1;
    hit.left -= 1;
    waiting = waiting.filter(({ left }) => left > 0);
    return hit.fault;
  };

  add(...initial);
  return {
    add,
    strike,
    clear: () => {
      waiting = [];
    },
    state: () => ({ struck, waiting: waiting.map(({ fault, left }) => ({ ...fault, left })) }),
  };
};

export type Faults = ReturnType<typeof createFaults>;
