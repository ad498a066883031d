/** A refusal of the gateway, in its own words. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

const keyName = 'autotrain-key';

/** Kept for this tab only; an API key, or a token that begins with `ey`. */
export const credential = (): string => sessionStorage.getItem(keyName) ?? '';
export const useCredential = (text: string): void => sessionStorage.setItem(keyName, text.trim());

const authHeaders = (): Record<string, string> => {
  const key = credential();
  if (key === '') return {};
  return key.startsWith('ey') ? { authorization: `Bearer ${key}` } : { 'x-api-key': key };
};

const detailOf = async (answer: Response): Promise<string> => {
  try {
    return ((await answer.json()) as { detail?: string }).detail ?? answer.statusText;
  } catch {
    return answer.statusText;
  }
};

const demandOk = async (answer: Response): Promise<Response> => {
  if (answer.ok) return answer;
  throw new Refused(answer.status, await detailOf(answer));
};

/** The gateway itself ends a read after 10 s: what takes longer comes over a dead connection. */
const readMs = 15_000;
/** A decision waits for a worker. */
const actMs = 60_000;

/** A connection that died without a word would be waited for as long as the browser likes. */
const ask = async <T>(path: string, init: RequestInit, limitMs: number, silent: string): Promise<T> => {
  const limit = AbortSignal.timeout(limitMs);
  const signal = init.signal ? AbortSignal.any([init.signal, limit]) : limit;
  try {
    return (await (await demandOk(await fetch(path, { ...init, signal }))).json()) as T;
  } catch (error) {
    if (!limit.aborted || signal.reason !== limit.reason) throw error;
    throw new Error(`no answer within ${limitMs / 1_000} s${silent}`, { cause: error });
  }
};

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> =>
  ask(path, { headers: authHeaders(), ...(signal ? { signal } : {}) }, readMs, '');

/** `key` makes a repeated click one request to the gateway. */
export const post = <T>(path: string, body: object = {}, key?: string): Promise<T> =>
  ask(
    path,
    {
      method: 'POST',
      headers: {
        ...authHeaders(),
        'content-type': 'application/json',
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      body: JSON.stringify(body),
    },
    actMs,
    ': it may be done all the same, look before you ask again',
  );

export interface ServerEvent {
  readonly event: string;
  readonly data: { readonly atMs: number; readonly value?: unknown };
}

const parseEvent = (block: string): ServerEvent | undefined => {
  const field = (name: string) =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  const [event, data] = [field('event'), field('data')];
  return event && data ? { event, data: JSON.parse(data) as ServerEvent['data'] } : undefined;
};

/** Reads /events until it ends. By fetch, because EventSource cannot send a key. */
export const readEvents = async (
  onEvent: (event: ServerEvent) => void,
  signal: AbortSignal,
): Promise<void> => {
  const answer = await demandOk(await fetch('/events', { headers: authHeaders(), signal }));
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parseEvent(block);
      if (event) onEvent(event);
    }
  }
};
