import { bodyOf, messageOf, type Sender } from '../alerts/message.ts';
import { post, type Webhook } from '../alerts/webhook.ts';
import { alertKinds } from '../ledger/alerts.ts';
import { type LedgerOptions, openLedger } from '../ledger/open.ts';
import { silence } from './loop-state.ts';
import type { LedgerReader, Logger } from './ports.ts';

export interface SilenceDeps {
  readonly webhook: Webhook | undefined;
  readonly sender: Sender;
  readonly ledger: Pick<LedgerReader, 'reading' | 'madeAt'>;
  /** Where that ledger is; what serves holds it read only, so it is opened to keep what was told. */
  readonly place: Pick<LedgerOptions, 'path' | 'domain'>;
  /** A gateway that just began waits as long as any before it judges. */
  readonly startedAtMs: number;
  readonly everyMs: number;
  readonly log: Logger;
  readonly now?: () => number;
}

/** When the watch looked last, by the ledger alone: the same for every gateway, however often it is started. */
const lastLookMs = ({ ledger }: SilenceDeps): number =>
  ledger.reading('watched')?.updatedAt ?? ledger.madeAt();

/** The silence that was told and whose end was not: since when; 0: none. */
const keptSilence = ({ ledger }: SilenceDeps): number => ledger.reading('watch_silence')?.value ?? 0;

const keep = ({ place }: SilenceDeps, sinceMs: number): void => {
  const ledger = openLedger(place);
  try {
    ledger.recordReading('watch_silence', sinceMs);
  } finally {
    ledger.close();
  }
};

/** Tells what changed; answers the silence that is told now. */
const tellChange = async (deps: SilenceDeps, told: number): Promise<number> => {
  const { startedAtMs, now = Date.now } = deps;
  const lookedAtMs = lastLookMs(deps);
  if (told !== 0) {
    const isOver = lookedAtMs > told;
    return isOver && (await tell(deps, 'resolved', told)) ? 0 : told;
  }
  const isSilent = silence(Math.max(startedAtMs, lookedAtMs), now()).length > 0;
  return isSilent && (await tell(deps, 'firing', lookedAtMs)) ? lookedAtMs : 0;
};

/**
 * Workers post alerts; when they are dead nobody would say so. This is the one alert that the gateway posts itself. Its
 * id follows from when the watch looked last, and that it was told is kept in the ledger: a gateway that is started again
 * tells it no second time, and tells its end. Where the ledger cannot be written it is told all the same.
 */
export const watchSilence = (deps: SilenceDeps): { stop(): void } => {
  let told: number | undefined;
  let busy = false;
  const look = async (): Promise<void> => {
    told = await tellChange(deps, told ?? keptSilence(deps));
    if (told !== keptSilence(deps)) keep(deps, told);
  };
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    look()
      .catch((error: unknown) =>
        deps.log.warn({ err: error }, 'the silence of the watch cannot be told, or not be kept'),
      )
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
