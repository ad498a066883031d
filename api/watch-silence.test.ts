import { afterEach, expect, it } from 'vitest';
import type { AlertMessage } from '../alerts/message.ts';
import { openFresh } from '../ledger/fresh.fixture.ts';
import { until } from '../tests/support/until.ts';
import { startReceiver } from '../tests/support/webhook-receiver.ts';
import { quiet } from './app.fixture.ts';
import { silentAfterMs } from './loop-state.ts';
import { watchSilence } from './watch-silence.ts';

const stops: (() => void)[] = [];
afterEach(() => stops.splice(0).forEach((stop) => stop()));

const sender = { domain: 'production', namespace: 'default', uiUrl: undefined };

/** A ledger whose watch looked at 1000000, and gateways that look at it. */
const begin = async (answer?: Parameters<typeof startReceiver>[0]) => {
  const receiver = await startReceiver(answer);
  const { ledger, path, clock } = openFresh();
  ledger.recordReading('watched', 0);
  stops.push(receiver.stop);
  const startGateway = () => {
    let looks = 0;
    const now = () => {
      looks += 1;
      return clock.now;
    };
    const watching = watchSilence({
      ...{ webhook: { url: receiver.url, format: 'json' }, sender, log: quiet, everyMs: 5 },
      ...{ ledger, place: { path, domain: 'production' }, startedAtMs: clock.now, now },
    });
    stops.push(watching.stop);
    const looksOn = async () => {
      const before = looks;
      await until('it looked again', () => looks > before + 2);
    };
    return { ...watching, looksOn };
  };
  const told = () => (receiver.bodies as AlertMessage[]).map(({ id }) => id);
  return { receiver, ledger, clock, startGateway, told, got: receiver.bodies as AlertMessage[] };
};

it('a watch that is silent is told once, also when the first post failed, and once more when it runs again', async () => {
  const { receiver, ledger, clock, startGateway, got } = await begin(
    (_, response) => void response.writeHead(500).end(),
  );
  const gateway = startGateway();
  clock.now += silentAfterMs;
  await gateway.looksOn();
  expect(got).toEqual([]);
  clock.now += 1;
  await until('it was tried twice', () => got.length >= 2);
  receiver.answer = (_, response) => void response.end();
  const tried = got.length;
  await until('it was taken', () => got.length > tried);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const firing = got.length;
  expect(firing).toBeLessThanOrEqual(tried + 2);
  expect(new Set(got.map(({ id }) => id))).toEqual(new Set(['watch_silent:1000000:firing']));
  expect(got[0]).toMatchObject({ kind: 'watch_silent', severity: 'critical', status: 'firing' });

  ledger.recordReading('watched', 0);
  await until('its end is told', () => got.length > firing);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(got).toHaveLength(firing + 1);
  expect(got.at(-1)).toMatchObject({ status: 'resolved', id: 'watch_silent:1000000:resolved' });
});

it('a gateway that is started again in the middle of a silence tells it no second time, and tells its end', async () => {
  const { ledger, clock, startGateway, told } = await begin();
  const first = startGateway();
  clock.now += silentAfterMs + 1;
  await until('it is told', () => told().length > 0);
  await until('it is kept', () => ledger.reading('watch_silence')?.value === 1_000_000);
  first.stop();

  clock.now += 60_000;
  const second = startGateway();
  clock.now += silentAfterMs + 1;
  await new Promise((resolve) => setTimeout(resolve, 50));
  second.stop();
  expect(told()).toEqual(['watch_silent:1000000:firing']);

  clock.now += 60_000;
  ledger.recordReading('watched', 0);
  const third = startGateway();
  await until('its end is told', () => told().length > 1);
  await third.looksOn();
  third.stop();
  await startGateway().looksOn();
  expect(told()).toEqual(['watch_silent:1000000:firing', 'watch_silent:1000000:resolved']);
});

it('a gateway that is started in the middle of a silence waits before it judges, and tells it as any other would', async () => {
  const { clock, startGateway, told } = await begin();
  clock.now += 10 * silentAfterMs;
  const gateway = startGateway();
  clock.now += silentAfterMs;
  await gateway.looksOn();
  expect(told()).toEqual([]);
  clock.now += 1;
  await until('it is told', () => told().length > 0);
  expect(told()).toEqual(['watch_silent:1000000:firing']);
});
