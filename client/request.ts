import { AutotrainError } from './errors.ts';

/** The values of a call, by where they go. */
export interface CallParts {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
}

/** `/models/{version}` with its parts filled in and percent-encoded, and the query behind it. */
export const pathOf = (template: string, { params = {}, query = {} }: CallParts): string => {
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new RangeError(`${template}: ${name} is missing`);
    return encodeURIComponent(value);
  });
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(
    given.map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  return text === '' ? path : `${path}?${text}`;
};

const parsed = (text: string, status: number): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AutotrainError('malformed', 'the answer is no JSON: is this a gateway?', { status }, cause);
  }
};

const retryAfter = (headers: Headers): { retryAfterMs?: number } => {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) ? { retryAfterMs: seconds * 1000 } : {};
};

/** What the gateway answered; throws what it refused. */
export const answerOf = async (response: Response): Promise<unknown> => {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  if (response.ok) return isJson ? parsed(text, response.status) : text;
  const refusal = parsed(text, response.status) as { detail?: unknown; code?: unknown } | null;
  const code = typeof refusal?.code === 'string' ? { code: refusal.code } : {};
  const detail = typeof refusal?.detail === 'string' ? refusal.detail : `refused with ${response.status}`;
  throw new AutotrainError('refused', detail, {
    status: response.status,
    ...code,
    ...retryAfter(response.headers),
  });
};
