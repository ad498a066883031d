import { bodyOf, messageOf, type Sender } from '../alerts/message.ts';
import { post, type Webhook } from '../alerts/webhook.ts';
import { alertKinds } from '../ledger/alerts.ts';
import { silence } from './loop-state.ts';
import type { Logger } from './ports.ts';

export interface SilenceDeps {
  readonly webhook: Webhook | undefined;
  readonly sender: Sender;
  readonly watchedAtMs: () => number;
  readonly everyMs: number;
  readonly log: Logger;
  readonly now?: () => number;
}

/**
 * Workers post alerts; when they are dead nobody would say so. This is the one alert that the gateway posts itself: it
 * holds the ledger read only, so it remembers in memory what it told, and its id follows from the silence, so that a
 * gateway that is started again tells the same one.
 */
export const watchSilence = (deps: SilenceDeps): { stop(): void } => {
  let told: number | undefined;
  let busy = false;
  const look = async (): Promise<void> => {
    const watchedAtMs = deps.watchedAtMs();
    const isSilent = silence(watchedAtMs, (deps.now ?? Date.now)()).length > 0;
    if (isSilent === (told !== undefined)) return;
    if (await tell(deps, isSilent ? 'firing' : 'resolved', told ?? watchedAtMs))
      told = isSilent ? watchedAtMs : undefined;
  };
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    look()
      .catch((error: unknown) => deps.log.warn({ err: error }, 'the silence of the watch cannot be told'))
      .finally(() => {
        busy = false;
      });
  }, deps.everyMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
};

/** True when the receiver has it, or nobody wants it. */
const tell = async (deps: SilenceDeps, status: 'firing' | 'resolved', sinceMs: number): Promise<boolean> => {
  const { webhook, sender, log, now = Date.now } = deps;
  const [found] = silence(sinceMs, now());
  const message = status === 'firing' ? (found?.message ?? 'the watch is silent') : 'the watch runs again';
  log.warn({ status }, message);
  if (!webhook) return true;
  const alert = messageOf(
    {
      ...{
        alertId: `watch_silent:${sinceMs}:${status}`,
        kind: 'watch_silent',
        subject: 'watch',
        status,
        message,
      },
      severity: status === 'firing' ? alertKinds.watch_silent.severity : 'info',
      ...{ count: 1, createdAt: now(), workflowId: null, runId: null, detail: { watched_at_ms: sinceMs } },
    },
    sender,
  );
  const posted = await post(webhook.url, bodyOf(alert, webhook.format));
  if (!posted.ok) log.warn({ error: posted.error }, 'the alert could not be posted; it is tried again');
  return posted.ok;
};
