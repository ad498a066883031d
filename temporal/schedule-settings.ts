import type { Config } from '../config.ts';
import type { Ledger } from '../ledger/open.ts';
import { seriesKey } from '../series.ts';
import type { ScheduleSettings } from './schedules.ts';

/** What the settings say of schedules: the same for a worker that starts and for `autotrain schedules apply`. */
export const scheduleSettingsOf = ({ series, schedules, training }: Config): ScheduleSettings => ({
  series: series.map(seriesKey),
  ...schedules,
  watchEveryMs: 60_000,
  janitorEveryMs: Math.max(5_000, training.leaseMs / 2),
});

/** What a worker noted of its start, as far as it counts here. */
interface Noted {
  readonly series: readonly string[];
}

/** Series that have candles or were configured once, and are not now. */
export const goneSeries = (ledger: Pick<Ledger, 'watermarks' | 'starts'>, now: Noted): string[] => {
  const configured = ledger.starts<Noted>().flatMap(({ settings }) => settings.series);
  const known = new Set([...ledger.watermarks().map(({ series }) => series), ...configured]);
  return [...known].filter((series) => !now.series.includes(series));
};
