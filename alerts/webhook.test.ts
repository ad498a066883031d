import { afterEach, describe, expect, it } from 'vitest';
import type { AlertRow } from '../ledger/alerts.ts';
import { startReceiver } from '../tests/support/webhook-receiver.ts';
import { bodyOf, messageOf } from './message.ts';
import { formatOf, post } from './webhook.ts';

const stops: (() => void)[] = [];
afterEach(() => stops.splice(0).forEach((stop) => stop()));

const receiver: typeof startReceiver = async (answer) => {
  const started = await startReceiver(answer);
  stops.push(started.stop);
  return started;
};

describe('posting', () => {
  it('is done when the receiver says so, whatever it answers besides', async () => {
    const { url, bodies } = await receiver((_, response) => response.writeHead(202).end('x'.repeat(100_000)));
    expect(await post(url, { a: 1 })).toEqual({ ok: true });
    expect(bodies).toEqual([{ a: 1 }]);
  });

  it('fails with a code and without the address: errors, redirects, nobody there', async () => {
    const failing = await receiver((_, response) => response.writeHead(503, { 'retry-after': '7' }).end());
    expect(await post(failing.url, {})).toEqual({ ok: false, error: 'HTTP 503', retryAfterMs: 7_000 });
    const target = await receiver((_, response) => response.end());
    const redirecting = await receiver((_, response) =>
      response.writeHead(307, { location: target.url }).end(),
    );
    expect(await post(redirecting.url, {})).toMatchObject({ ok: false, error: 'HTTP 307' });
    expect(target.bodies).toEqual([]);
    const gone = await post('http://127.0.0.1:1/bot-SECRET', {});
    expect(gone).toMatchObject({ ok: false });
    expect(JSON.stringify(gone)).not.toMatch(/SECRET|127\.0\.0\.1/);
  });

  it('does not wait for one that hangs, nor for one that sends its answer a byte at a time', async () => {
    const begun = performance.now();
    const silent = await receiver(() => undefined);
    expect(await post(silent.url, {}, 200)).toEqual({ ok: false, error: 'TimeoutError', retryAfterMs: 0 });
    const slow = await receiver((_, response) => {
      response.writeHead(200).write('a');
      const drip = setInterval(() => response.write('a'), 20);
      response.on('close', () => clearInterval(drip));
    });
    expect(await post(slow.url, {}, 2_000)).toEqual({ ok: true });
    const cut = await receiver((request) => request.socket.destroy());
    expect(await post(cut.url, {}, 2_000)).toMatchObject({ ok: false });
    expect(performance.now() - begun).toBeLessThan(4_000);
  });
});

const row: AlertRow = {
  ...{ seq: 1, alertId: 'id-1', kind: 'rollback', severity: 'warning', status: 'event', subject: 'v<1>' },
  ...{ message: 'it & its kin', detail: { n: 1 }, count: 2, workflowId: 'promote:regimes', runId: 'run/1' },
  ...{ createdAt: 5, attempts: 0, nextAttemptAt: 5, lastError: null, settledAt: null, outcome: null },
};
const sender = { domain: 'production', namespace: 'my.space', uiUrl: 'http://ui:8233' };

describe('the message', () => {
  it('has a stable form, and a link whose parts are percent-encoded', () => {
    expect(messageOf(row, sender)).toEqual({
      schema: 'autotrain-alert/1',
      ...{ id: 'id-1', kind: 'rollback', severity: 'warning', status: 'event', subject: 'v<1>' },
      ...{ message: 'it & its kin', count: 2, atMs: 5, domain: 'production', detail: { n: 1 } },
      link: 'http://ui:8233/namespaces/my.space/workflows/promote%3Aregimes/run%2F1',
    });
    expect(messageOf(row, { ...sender, uiUrl: undefined }).link).toBeNull();
    expect(messageOf({ ...row, runId: null }, sender).link).toBeNull();
  });

  it('is what Slack and Telegram take, chosen by the host', () => {
    const hosts = [
      'https://hooks.slack.com/services/T/B/x',
      'https://api.telegram.org/bot1/sendMessage',
      'http://x/',
    ];
    expect(hosts.map(formatOf)).toEqual(['slack', 'telegram', 'json']);
    const message = messageOf(row, sender);
    const line = 'WARNING [production] rollback v<1> (2 times): it & its kin';
    expect(bodyOf(message, 'json')).toBe(message);
    expect(bodyOf(message, 'slack')).toEqual({
      text: `WARNING [production] rollback v&lt;1&gt; (2 times): it &amp; its kin\n${message.link}`,
    });
    expect(bodyOf(message, 'telegram')).toEqual({
      text: `${line}\n${message.link}`,
      disable_web_page_preview: true,
    });
    const long = { ...message, status: 'resolved', message: 'y'.repeat(9_000) };
    expect(JSON.stringify(bodyOf(long, 'telegram')).length).toBeLessThan(4_096);
    expect(bodyOf(long, 'telegram'), 'cut, the link is whole').toMatchObject({
      text: expect.stringMatching(/^RESOLVED .*y\n.*\/workflows\/promote%3Aregimes\/run%2F1$/),
    });
    expect(JSON.stringify(bodyOf(long, 'slack'))).toContain('RESOLVED');
  });
});
