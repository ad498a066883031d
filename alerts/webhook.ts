/** Where alerts are posted, and in which form. The address may hold a secret: it is never put into a message. */
export interface Webhook {
  readonly url: string;
  readonly format: AlertFormat;
}

export type AlertFormat = 'json' | 'slack' | 'telegram';

/** By the host, as long as nothing else is set. */
export const formatOf = (url: string): AlertFormat => {
  const { hostname } = new URL(url);
  if (hostname === 'hooks.slack.com') return 'slack';
  return hostname === 'api.telegram.org' ? 'telegram' : 'json';
};

/** A receiver that does not answer by then is tried again later. */
const timeoutMs = 5_000;

export type Posted =
  | { readonly ok: true }
  | { readonly ok: false; readonly error: string; readonly retryAfterMs: number };

const retryAfterMs = (headers: Headers): number => {
  const seconds = Number(headers.get('retry-after') ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
};

/** The code of the system where there is one: messages of fetch name the address. */
const codeOf = (error: unknown): string => {
  const { name = 'Error', cause } = error as { name?: string; cause?: { code?: unknown } };
  return typeof cause?.code === 'string' ? cause.code : name;
};

/** Redirects are not followed: they would carry the alert, and the secret of a Telegram bot, to somebody else. */
export const post = async (url: string, body: unknown, waitMs = timeoutMs): Promise<Posted> => {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'autotrain' },
      body: JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(waitMs),
    });
    await response.body?.cancel();
    if (response.ok) return { ok: true };
    return { ok: false, error: `HTTP ${response.status}`, retryAfterMs: retryAfterMs(response.headers) };
  } catch (error) {
    return { ok: false, error: codeOf(error), retryAfterMs: 0 };
  }
};
