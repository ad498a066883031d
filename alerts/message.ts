import type { AlertRow } from '../ledger/alerts.ts';
import { runLink } from './run-link.ts';
import type { AlertFormat } from './webhook.ts';

/** What is posted (docs/reference/alerts.md); fields are added, never changed. */
export interface AlertMessage {
  readonly schema: 'autotrain-alert/1';
  /** The same alert posted twice has the same id. */
  readonly id: string;
  readonly kind: string;
  readonly severity: string;
  readonly status: string;
  readonly subject: string;
  readonly message: string;
  readonly count: number;
  readonly atMs: number;
  readonly domain: string;
  /** The run in Temporal's Web UI; null without a run or TEMPORAL_UI_URL. */
  readonly link: string | null;
  readonly detail: unknown;
}

export interface Sender {
  readonly domain: string;
  readonly namespace: string;
  readonly uiUrl: string | undefined;
}

/** What a message is made of: a row of the outbox, or as much as one. */
type Told = Pick<
  AlertRow,
  | 'alertId'
  | 'kind'
  | 'severity'
  | 'status'
  | 'subject'
  | 'message'
  | 'count'
  | 'createdAt'
  | 'workflowId'
  | 'runId'
  | 'detail'
>;

const linkTo = (sender: Sender, { workflowId, runId }: Told): string | null =>
  workflowId === null || runId === null ? null : runLink(sender, { workflowId, runId });

export const messageOf = (row: Told, sender: Sender): AlertMessage => ({
  schema: 'autotrain-alert/1',
  ...{ id: row.alertId, kind: row.kind, severity: row.severity, status: row.status },
  ...{ subject: row.subject, message: row.message, count: row.count, atMs: row.createdAt },
  ...{ domain: sender.domain, link: linkTo(sender, row), detail: row.detail ?? null },
});

const lineOf = ({ severity, status, kind, subject, message, count, domain }: AlertMessage): string => {
  const head = status === 'resolved' ? 'RESOLVED' : severity.toUpperCase();
  const times = count > 1 ? ` (${count} times)` : '';
  return `${head} [${domain}] ${kind} ${subject}${times}: ${message}`;
};

/** For people: one line, cut where it is too long, and the link below it, whole. */
const textOf = (message: AlertMessage, longest = Number.POSITIVE_INFINITY): string => {
  const link = message.link === null ? '' : `\n${message.link}`;
  return `${lineOf(message).slice(0, longest - link.length)}${link}`;
};

/** Slack reads these three signs as markup. */
const forSlack = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Telegram refuses longer ones. */
const longestTelegram = 4_000;

/** The body for the receiver; a Telegram address carries its chat in `?chat_id=`, which Telegram reads itself. */
export const bodyOf = (message: AlertMessage, format: AlertFormat): unknown => {
  if (format === 'json') return message;
  if (format === 'slack') return { text: forSlack(textOf(message)) };
  return { text: textOf(message, longestTelegram), disable_web_page_preview: true };
};
