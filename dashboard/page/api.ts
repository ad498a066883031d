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

export const get = async <T>(path: string, signal?: AbortSignal): Promise<T> => {
  const answer = await fetch(path, { headers: authHeaders(), ...(signal ? { signal } : {}) });
  return (await (await demandOk(answer)).json()) as T;
};

/** `key` makes a repeated click one request to the gateway. */
export const post = async <T>(path: string, body: object = {}, key?: string): Promise<T> => {
  const answer = await fetch(path, {
    method: 'POST',
    headers: {
      ...authHeaders(),
      'content-type': 'application/json',
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    body: JSON.stringify(body),
  });
  return (await (await demandOk(answer)).json()) as T;
};

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
