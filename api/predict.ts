import type { Features } from '../controller/features.ts';
import type { Market } from '../controller/guardrails/freshness.ts';
import { type CandleColumns, candleFeatures } from '../features/candle-features.ts';
import { partialFeatures } from '../features/partial-features.ts';
import { regimeFeatures } from '../features/regime-features.ts';
import type { SeriesModel } from '../registry/model-file.ts';
import { parseSeries, seriesKey, timeframesMs } from '../series.ts';
import { tellingOnce } from '../told-once.ts';
import type { AppDeps } from './app.ts';
import { ApiError } from './errors.ts';
import type { Snapshot } from './models.ts';
import { type Evaluation, evaluate, type KnownFeatures } from './regimes.ts';
import { findSeries } from './symbols.ts';

/** Enough for the slowest feature's window and for the filter to forget where it began. */
const servedCandles = 1_000;

export type PredictInput =
  | { readonly kind: 'symbol' }
  | { readonly kind: 'candles'; readonly columns: CandleColumns }
  | { readonly kind: 'logret'; readonly logret: readonly number[] }
  | { readonly kind: 'features'; readonly features: Features };

export interface PredictAnswer {
  readonly regime_proba: Readonly<Record<string, number>>;
  /** The same as regime_proba: both names are in use. */
  readonly probs: Readonly<Record<string, number>>;
  readonly regime: string;
  readonly confidence: number;
  /** P(regime of the next candle). */
  readonly forecast: Readonly<Record<string, number>>;
  readonly model_meta: Readonly<Record<string, unknown>> & { readonly version_id: string };
}

export type Predict = (input: PredictInput, symbol: string | undefined) => PredictAnswer;

export interface RegimeContext {
  /** hmm_bull, hmm_bear, hmm_chop of the champion; absent where no model of the instrument serves. */
  readonly context?: Features;
  /** The version that they come from. */
  readonly modelVersion?: string;
  /** How fresh candles and model are; absent for an instrument that is not in SYMBOLS. */
  readonly market?: Market;
}

type PredictDeps = Pick<AppDeps, 'settings' | 'models' | 'ledger' | 'newestCandles' | 'log'>;

interface Chosen {
  readonly snapshot: Snapshot;
  readonly key: string;
  readonly model: SeriesModel;
}

/** A client that makes up instruments must not fill the memory. */
const mostSpellings = 10_000;

/** Polls come far more often than candles: a watermark is read again after this long. */
const watermarkMs = 100;

/** Where the ledger cannot be read the newest value that is known counts, which grows old by itself. */
const createWatermarks = ({ ledger, log }: Pick<PredictDeps, 'ledger' | 'log'>) => {
  const safely = tellingOnce((err) => log.error({ err }, 'watermarks cannot be read: the known ones count'));
  const kept = new Map<string, { readonly value: number | undefined; readonly readAt: number }>();
  return (key: string): number | undefined => {
    const now = performance.now();
    const known = kept.get(key);
    if (known && now - known.readAt < watermarkMs) return known.value;
    const read = safely(() => ({ value: ledger.watermark(parseSeries(key)) }));
    const value = (read ?? known)?.value;
    kept.set(key, { value, readAt: now });
    return value;
  };
};

export const createPredict = (deps: PredictDeps) => {
  const { models, log } = deps;
  const stored = createStoredEvaluation(deps);
  const watermarkOf = createWatermarks(deps);

  const predict: Predict = (input, symbol) => {
    const snapshot = models.snapshot();
    if (!snapshot) throw new ApiError(503, 'NoModel', 'no model is loaded: train and promote one first');
    const chosen = choose(deps, snapshot, symbol);
    const { evaluation, asOfMs } = input.kind === 'symbol' ? stored(chosen) : evaluateInput(chosen, input);
    return present(chosen, evaluation, asOfMs);
  };

  const followed = deps.settings.series.map(seriesKey);
  /** Instruments by the spelling that an engine sends; few, so all are kept. */
  const followedKeys = new Map<string, string | undefined>();
  const followedKey = (instrument: string): string | undefined => {
    if (!followedKeys.has(instrument) && followedKeys.size < mostSpellings)
      followedKeys.set(instrument, findSeries(followed, instrument, deps.settings.series));
    return followedKeys.get(instrument);
  };

  const servingModel = (instrument: string): Chosen | undefined => {
    const snapshot = models.snapshot();
    const key = snapshot && findSeries(Object.keys(snapshot.model.series), instrument, deps.settings.series);
    const model = key === undefined ? undefined : snapshot?.model.series[key];
    return snapshot && key !== undefined && model ? { snapshot, key, model } : undefined;
  };

  /** An engine keeps trading without our view of the regime, so what goes wrong here is logged, not answered. */
  const regimeOf = (chosen: Chosen | undefined): Pick<RegimeContext, 'context' | 'modelVersion'> => {
    if (!chosen) return {};
    try {
      const { evaluation } = stored(chosen);
      return { context: regimeFeatures(evaluation.probabilities), modelVersion: chosen.snapshot.versionId };
    } catch (error) {
      log.error({ err: error, series: chosen.key }, 'no regime context for this decision');
      return {};
    }
  };

  /** A replay's candles end in its past: there is nothing to be stale. */
  const marketOf = (instrument: string, chosen: Chosen | undefined): Pick<RegimeContext, 'market'> => {
    if (deps.settings.simulator.replayDir !== undefined) return {};
    const key = followedKey(instrument);
    if (key === undefined) return {};
    const series = parseSeries(key);
    const candlesTo = watermarkOf(key) ?? null;
    const trainedTo = chosen?.model.trainedRange.toMs ?? null;
    return { market: { candlesTo, timeframeMs: timeframesMs[series.timeframe], trainedTo } };
  };

  const regimeContext = (instrument: string): RegimeContext => {
    const chosen = servingModel(instrument);
    return { ...regimeOf(chosen), ...marketOf(instrument, chosen) };
  };

  return { predict, regimeContext };
};

/** The model that a symbol means; without one, the first of SYMBOLS. */
const choose = ({ settings }: PredictDeps, snapshot: Snapshot, symbol: string | undefined): Chosen => {
  const asked = symbol ?? settings.series[0]?.symbol ?? '';
  const keys = Object.keys(snapshot.model.series);
  const key = findSeries(keys, asked, settings.series);
  const model = key === undefined ? undefined : snapshot.model.series[key];
  if (key !== undefined && model) return { snapshot, key, model };
  if (findSeries(settings.series.map(seriesKey), asked, settings.series) !== undefined) {
    throw new ApiError(503, 'NoModel', `${snapshot.versionId} has no model of ${asked} yet`);
  }
  throw new ApiError(404, 'UnknownSymbol', `no model of "${asked}"; there are ${keys.join(', ')}`);
};

interface Evaluated {
  readonly evaluation: Evaluation;
  /** When the newest candle closed; null where the input has no times. */
  readonly asOfMs: number | null;
}

/** The newest stored candles through the filter, kept until the version or the watermark changes. */
const createStoredEvaluation = ({ ledger, newestCandles }: PredictDeps) => {
  const kept = new Map<string, { readonly at: string; readonly evaluated: Evaluated }>();
  return (chosen: Chosen): Evaluated => {
    const series = parseSeries(chosen.key);
    const at = `${chosen.snapshot.versionId} ${ledger.watermark(series)}`;
    const known = kept.get(chosen.key);
    if (known?.at === at) return known.evaluated;
    const columns = newestCandles(series, servedCandles);
    if (columns.openTimeMs.length === 0)
      throw new ApiError(503, 'NoCandles', `no candles of ${chosen.key} are stored`);
    const evaluated = evaluateCandles(chosen, columns);
    kept.set(chosen.key, { at, evaluated });
    return evaluated;
  };
};

const evaluateInput = (chosen: Chosen, input: Exclude<PredictInput, { kind: 'symbol' }>): Evaluated => {
  if (input.kind === 'candles') return evaluateCandles(chosen, input.columns);
  const known =
    input.kind === 'logret'
      ? partialFeatures({ logret: input.logret })
      : partialFeatures({ features: input.features });
  return { evaluation: evaluate(chosen.model, usable(known)), asOfMs: null };
};

const evaluateCandles = ({ key, model }: Chosen, columns: CandleColumns): Evaluated => {
  const timeframeMs = timeframesMs[parseSeries(key).timeframe];
  const { rows, sequenceStarts, names } = candleFeatures(columns, { timeframeMs });
  const known = usable({ rows, sequenceStarts, ...usedInLastRow(rows, names), ignored: [] });
  return { evaluation: evaluate(model, known), asOfMs: columns.openTimeMs.at(-1)! + timeframeMs };
};

/** What could not be computed yet of the newest candle (a window that is not full) is marginalised. */
const usedInLastRow = (rows: Float64Array, names: readonly string[]) => {
  const last = rows.subarray(rows.length - names.length);
  return {
    used: names.filter((_, d) => !Number.isNaN(last[d]!)),
    marginalised: names.filter((_, d) => Number.isNaN(last[d]!)),
  };
};

/** Nothing that the model knows would make the answer a guess. */
const usable = (known: KnownFeatures): KnownFeatures => {
  if (known.rows.some((value) => !Number.isNaN(value))) return known;
  throw new ApiError(
    422,
    'NothingUsable',
    `none of the model's features can be computed; it knows ${known.marginalised.join(', ')}`,
  );
};

const present = (
  { snapshot, key, model }: Chosen,
  evaluation: Evaluation,
  asOfMs: number | null,
): PredictAnswer => {
  const { probabilities, forecast, regime, known } = evaluation;
  return {
    regime_proba: probabilities,
    probs: probabilities,
    regime,
    confidence: probabilities[regime]!,
    forecast,
    model_meta: {
      version_id: snapshot.versionId,
      series: key,
      n_states: model.regimes.length,
      as_of_ms: asOfMs,
      trained_to_ms: model.trainedRange.toMs,
      features_used: known.used,
      features_marginalised: known.marginalised,
      features_ignored: known.ignored,
      ...labelsOf(model),
    },
  };
};

/** Ids by regime, and the regimes that this version brought or called otherwise. An ensemble's states have no ids. */
const labelsOf = ({ labels, regimes, ensemble }: SeriesModel) =>
  labels && !ensemble
    ? {
        regime_ids: Object.fromEntries(regimes.map((name, k) => [name, labels.ids[k]!])),
        regimes_fresh: regimes.filter((_, k) => labels.fresh[k]),
        regimes_renamed: regimes.filter((_, k) => labels.renamed[k]),
      }
    : {};
