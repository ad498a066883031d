import type { Config } from '../config.ts';
import { featureSet } from '../features/candle-features.ts';
import type { Ledger } from '../ledger/open.ts';
import { parseSeries, seriesKey } from '../series.ts';

/** What a start is compared by with the one before: what decides which series learn, and how. */
export interface StartSettings {
  readonly series: readonly string[];
  readonly HMM_STATES: number | 'auto';
  readonly HMM_COVARIANCE: string;
  readonly MODEL_SCOPE: string;
  readonly EXACTLY_ONCE: boolean;
  readonly HMM_ENSEMBLE: readonly number[] | null;
  readonly featureSet: string;
}

export const startSettingsOf = ({ series, training }: Config): StartSettings => ({
  series: series.map(seriesKey),
  HMM_STATES: training.nStates,
  HMM_COVARIANCE: training.covarianceType,
  MODEL_SCOPE: training.scope,
  EXACTLY_ONCE: training.exactlyOnce,
  HMM_ENSEMBLE: training.ensemble ?? null,
  featureSet,
});

/** What the ledger knows of a series. */
type Known = Pick<Ledger, 'watermark' | 'activeLineage'>;

const goesOnAt = (ledger: Known, series: string): string => {
  const watermark = ledger.watermark(parseSeries(series));
  if (watermark === undefined)
    return `${series} is new: it begins at its own genesis, the others do not wait`;
  const lineage = ledger.activeLineage(series)?.lineage;
  const head = lineage === undefined ? 'it has no lineage yet' : `its lineage ${lineage} goes on`;
  return `${series} is back: it is taken up at ${new Date(watermark).toISOString()}, ${head}`;
};

const seriesChanges = (ledger: Known, before: readonly string[], now: readonly string[]): string[] => [
  ...now.filter((series) => !before.includes(series)).map((series) => goesOnAt(ledger, series)),
  ...before
    .filter((series) => !now.includes(series))
    .map((series) => `${series} is gone: its ingest is paused, its candles and lineage stay`),
];

const timeframesOf = (series: readonly string[]): string =>
  [...new Set(series.map((key) => parseSeries(key).timeframe))].join(', ');

const timeframeChange = (before: readonly string[], now: readonly string[]): string[] => {
  const [old, wanted] = [timeframesOf(before), timeframesOf(now)];
  return old === wanted ? [] : [`TIMEFRAME ${old} → ${wanted}: candles of another length are other series`];
};

/** What the change of a training setting means for lineages that are there. */
const meanings = {
  HMM_STATES:
    'strict lineages go on with the number of their genesis, new ones and sliding mode take the new one',
  HMM_COVARIANCE:
    'strict lineages go on with the shape of their genesis, new ones and sliding mode take the new one',
  MODEL_SCOPE:
    'a strict lineage stays what it was begun as, alone or in a pool: begin others with `npm run lineage -- new`',
  EXACTLY_ONCE: 'the lineages of strict mode stay where they are while sliding mode trains',
  HMM_ENSEMBLE: 'counts from the next retrain on',
  featureSet:
    'lineages of the old features cannot go on; their retrains are refused until `npm run lineage -- new` begins others',
} as const satisfies Partial<Record<keyof StartSettings, string>>;

const settingChanges = (before: StartSettings, now: StartSettings): string[] =>
  (Object.keys(meanings) as (keyof typeof meanings)[])
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]))
    .map((name) => `${name} ${before[name]} → ${now[name]}: ${meanings[name]}`);

/** What changed between two starts, in words; the first start of all has nothing to compare with. */
export const startChanges = (
  ledger: Known,
  before: StartSettings | undefined,
  now: StartSettings,
): string[] =>
  before === undefined
    ? []
    : [
        ...timeframeChange(before.series, now.series),
        ...seriesChanges(ledger, before.series, now.series),
        ...settingChanges(before, now),
      ];
