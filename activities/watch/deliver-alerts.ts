import { bodyOf, messageOf } from '../../alerts/message.ts';
import { type Posted, post, type Webhook } from '../../alerts/webhook.ts';
import type { AlertRow } from '../../ledger/alerts.ts';
import type { WatchDeps } from './watch-deps.ts';

const hourMs = 3_600_000;
const tidying = { giveUpAfterMs: 24 * hourMs, keepMs: 30 * 24 * hourMs };

const atOnce = 50;
/** A receiver that fails so often in a row is left alone until the next run. */
const failuresInARow = 2;

/** 10 s, 20 s, 40 s … an hour, or longer where the receiver says so, up to that hour. */
const waitMsAfter = (attempts: number, retryAfterMs: number): number =>
  Math.min(Math.max(10_000 * 2 ** Math.min(attempts, 10), retryAfterMs), hourMs);

export interface Delivery {
  delivered: number;
  postponed: number;
  givenUp: number;
}

/** Posts what waits. What fails is tried again in a while; after a day nobody needs to know any more. */
export const deliverAlerts = async ({ ledger, watch }: WatchDeps): Promise<Delivery> => {
  const delivery: Delivery = { delivered: 0, postponed: 0, givenUp: ledger.tidyAlerts(tidying) };
  const { webhook } = watch;
  if (!webhook) return delivery;
  let failed = 0;
  for (const row of ledger.dueAlerts({ limit: atOnce })) {
    const posted = await postRow(webhook, row, watch.sender);
    failed = posted.ok ? 0 : failed + 1;
    if (posted.ok) ledger.alertDelivered(row.seq);
    else
      ledger.alertPostponed(row.seq, {
        waitMs: waitMsAfter(row.attempts, posted.retryAfterMs),
        error: posted.error,
      });
    delivery[posted.ok ? 'delivered' : 'postponed'] += 1;
    if (failed >= failuresInARow) break;
  }
  return delivery;
};

const postRow = (
  { url, format }: Webhook,
  row: AlertRow,
  sender: WatchDeps['watch']['sender'],
): Promise<Posted> => post(url, bodyOf(messageOf(row, sender), format));
