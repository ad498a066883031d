import { afterEach, expect, it } from 'vitest';
import type { AlertMessage } from '../alerts/message.ts';
import { until } from '../tests/support/until.ts';
import { startReceiver } from '../tests/support/webhook-receiver.ts';
import { quiet } from './app.fixture.ts';
import { silentAfterMs } from './loop-state.ts';
import { watchSilence } from './watch-silence.ts';

const stops: (() => void)[] = [];
afterEach(() => stops.splice(0).forEach((stop) => stop()));

it('a watch that is silent is told once, also when the first post failed, and once more when it runs again', async () => {
  const receiver = await startReceiver((_, response) => void response.writeHead(500).end());
  const time = { nowMs: 1_000_000, watchedAtMs: 1_000_000 };
  const sender = { domain: 'production', namespace: 'default', uiUrl: undefined };
  const watching = watchSilence({
    ...{ webhook: { url: receiver.url, format: 'json' }, sender, log: quiet, everyMs: 5 },
    ...{ watchedAtMs: () => time.watchedAtMs, now: () => time.nowMs },
  });
  stops.push(receiver.stop, watching.stop);
  const got = () => receiver.bodies as AlertMessage[];

  time.nowMs += silentAfterMs;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(got()).toEqual([]);
  time.nowMs += 1;
  await until('it was tried twice', () => got().length >= 2);
  receiver.answer = (_, response) => void response.end();
  const tried = got().length;
  await until('it was taken', () => got().length > tried);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const firing = got().length;
  expect(firing).toBeLessThanOrEqual(tried + 2);
  expect(new Set(got().map(({ id }) => id))).toEqual(new Set(['watch_silent:1000000:firing']));
  expect(got()[0]).toMatchObject({ kind: 'watch_silent', severity: 'critical', status: 'firing' });

  time.watchedAtMs = time.nowMs;
  await until('its end is told', () => got().length > firing);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(got()).toHaveLength(firing + 1);
  expect(got().at(-1)).toMatchObject({ status: 'resolved', id: 'watch_silent:1000000:resolved' });
});
