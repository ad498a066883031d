import { Counter, Gauge, type Registry } from 'prom-client';
import { type Series, seriesKey } from '../series.ts';
import { tellingOnce } from '../told-once.ts';
import { ApiError } from './errors.ts';
import type { LedgerReader, Logger } from './ports.ts';
import type { Predict, PredictAnswer } from './predict.ts';

/** What serves, how well it was judged, and what it says now. */
export const modelMetrics = (registers: Registry[]) => ({
  modelInfo: new Gauge({
    name: 'autotrain_model_info',
    help: '1 for the model version that serves.',
    labelNames: ['version'] as const,
    registers,
  }),
  modelReloads: new Counter({
    name: 'autotrain_model_reloads_total',
    help: 'Changes of the current link that were followed, by outcome; a refused one leaves the old model serving.',
    labelNames: ['outcome'] as const,
    registers,
  }),
  modelRefused: new Gauge({
    name: 'autotrain_model_current_refused',
    help: '1 while the current link points to a version that cannot be loaded.',
    registers,
  }),
  likelihood: new Gauge({
    name: 'autotrain_validation_log_likelihood_nats_per_candle',
    help: 'Mean held-out log-likelihood of the champion, and of the newest version while it is not the champion (candidate).',
    labelNames: ['role'] as const,
    registers,
  }),
  promotions: new Counter({
    name: 'autotrain_promotions_total',
    help: 'Changes of the champion in the ledger, by kind: promote, rollback, adopt, restore.',
    labelNames: ['kind'] as const,
    registers,
  }),
  regimes: new Gauge({
    name: 'autotrain_regime_probability',
    help: 'Filtered probability of each regime at the newest closed candle, by series.',
    labelNames: ['series', 'regime'] as const,
    registers,
  }),
  trainedTo: new Gauge({
    name: 'autotrain_model_trained_to_timestamp_seconds',
    help: 'Open time of the last candle that the serving model of a series has learned, as Unix time.',
    labelNames: ['series'] as const,
    registers,
  }),
});

type ModelMetrics = ReturnType<typeof modelMetrics>;

const observeVersions = ({ likelihood, promotions }: ModelMetrics, ledger: LedgerReader): void => {
  likelihood.reset();
  const champion = ledger.champion()?.versionId;
  const [newest] = ledger.versions({ limit: 1 });
  const serving = champion === undefined ? undefined : ledger.version(champion);
  const tell = (role: string, { metricValue }: { readonly metricValue: number | null }) =>
    metricValue !== null && likelihood.set({ role }, metricValue);
  if (serving) tell('champion', serving);
  if (newest && newest.versionId !== champion) tell('candidate', newest);
  promotions.reset();
  for (const [kind, count] of Object.entries(ledger.promotionCounts())) promotions.inc({ kind }, count);
};

const withoutRegime = new Set(['NoModel', 'NoCandles', 'UnknownSymbol']);

/** A series without a model or candles has no regime: it is left out, and nothing is made up for it. */
const regimeOf = (predict: Predict, { symbol }: Series): PredictAnswer | undefined => {
  try {
    return predict({ kind: 'symbol' }, symbol);
  } catch (error) {
    if (error instanceof ApiError && withoutRegime.has(error.code)) return undefined;
    throw error;
  }
};

export interface ModelView {
  readonly metrics: ModelMetrics;
  readonly ledger: LedgerReader;
  readonly predict: Predict;
  readonly series: readonly Series[];
  readonly log: Logger;
}

/** What fails otherwise is left out as well, for the other series' sake, and logged: once, however often it is asked for. */
const createRegimes = ({ predict, series, log }: ModelView) =>
  series.map((one) => {
    const key = seriesKey(one);
    const safely = tellingOnce((err) => log.error({ err, series: key }, 'no regime in the metrics'));
    return { key, now: () => safely(() => regimeOf(predict, one)) };
  });

/** Read when it is asked for, as the ledger's numbers are. */
export const createModelObserver = (view: ModelView): (() => void) => {
  const { metrics, ledger } = view;
  const regimes = createRegimes(view);
  return () => {
    observeVersions(metrics, ledger);
    metrics.regimes.reset();
    metrics.trainedTo.reset();
    for (const { key, now } of regimes) {
      const answer = now();
      if (!answer) continue;
      for (const [regime, p] of Object.entries(answer.regime_proba))
        metrics.regimes.set({ series: key, regime }, p);
      metrics.trainedTo.set({ series: key }, Number(answer.model_meta['trained_to_ms']) / 1_000);
    }
  };
};
