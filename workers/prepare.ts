import { userInfo } from 'node:os';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Ledger } from '../ledger/open.ts';
import { retentionMs, retentionWarning } from '../temporal/retention.ts';
import { goneSeries, scheduleSettingsOf } from '../temporal/schedule-settings.ts';
import { applySchedules, wantedSchedules } from '../temporal/schedules.ts';
import { ensureSearchAttributes } from '../temporal/search-attributes.ts';
import { type StartSettings, startChanges, startSettingsOf } from './start-settings.ts';
import { watchSkips } from './watch-skips.ts';

/** What an exchange may refuse a series for (activities/watched-exchange.ts). */
const refusals = ['exchange_restricted', 'unknown_symbol'] as const;

/** Compares this start with the one before, and says what changed. Gives the series that are gone. */
export const noteStart = (config: Config, ledger: Ledger, log: Logger): readonly string[] => {
  const settings = startSettingsOf(config);
  const gone = goneSeries(ledger, settings);
  const changes = ledger.recordStart<StartSettings>({
    settings,
    actor: `worker:${userInfo().username}`,
    compare: (before) => startChanges(ledger, before, settings),
  });
  for (const change of changes) log.warn({ change }, 'changed since the last start');
  // Nobody asks the exchange for them any more, so nothing else would end what was said of them.
  for (const series of gone) for (const kind of refusals) ledger.endCondition(kind, series);
  return gone;
};

const warnOfRetention = async (client: Client, { temporal }: Config, log: Logger): Promise<void> => {
  const warning = retentionWarning(await retentionMs(client, temporal.namespace), temporal.namespace);
  if (warning !== undefined) log.warn(warning);
};

/** Looked at as often as a schedule can tick. */
const skipsEveryMs = 60_000;

/** Brings the namespace to where the workflows need it. */
export const prepareNamespace = async (client: Client, config: Config, log: Logger): Promise<void> => {
  await ensureSearchAttributes(client, config.temporal.namespace);
  await warnOfRetention(client, config, log);
};

/** Applies the schedules and goes on looking at them; gives how to stop that. */
export const prepareSchedules = async (
  client: Client,
  config: Config,
  { ledger, gone, log }: { readonly ledger: Ledger; readonly gone: readonly string[]; readonly log: Logger },
): Promise<() => Promise<void>> => {
  const settings = scheduleSettingsOf(config);
  const changes = await applySchedules(client, ledger, { ...settings, gone });
  log.info({ changes }, 'schedules applied');
  const schedules = wantedSchedules(settings).map(({ id }) => id);
  return watchSkips({ client, ledger, log, schedules, everyMs: skipsEveryMs });
};
