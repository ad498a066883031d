import type { CandleColumns } from '../../ledger/candle-columns.ts';
import { modelHashOf } from '../../registry/checksum.ts';
import type { SeriesHead } from '../../registry/head-file.ts';
import { headHashOf } from '../../registry/heads.ts';
import type { SeriesModel } from '../../registry/model-file.ts';
import { serializeModel } from '../../registry/serialize.ts';
import { composeModel } from '../commit.ts';
import type { TrainingInputs } from '../training-inputs.ts';
import type { VersionMetadata } from '../version-metadata.ts';
import { type CandlePlaces, findCandles } from './candles.ts';
import { type FoundVersion, findHead, findVersion, type VersionPlaces } from './stored-versions.ts';
import { type SeriesProgress, trainAgain } from './train-again.ts';

export type ReproducePlaces = VersionPlaces & CandlePlaces & { readonly codeVersion: string };

export interface Reproduction {
  readonly version_id: string;
  /** model.json came out with the same bytes, and in strict mode the lineages' heads did. */
  readonly reproduced: boolean;
  readonly reason: string;
  readonly model_hash: { readonly stored: string; readonly trained: string | null };
  readonly series: readonly {
    readonly series: string;
    readonly mode: TrainingInputs['mode'];
    readonly candles: number;
    readonly decision: string | null;
    /** Strict mode: sha256 of the head's record. */
    readonly head?: { readonly stored: string; readonly trained: string | null };
  }[];
  /** Inputs that are nowhere any more. */
  readonly gone: readonly string[];
  /** Inputs that are other ones now. */
  readonly changed: readonly string[];
  readonly code_version: { readonly before: string; readonly now: string };
  readonly node_version: { readonly before: string; readonly now: string };
}

interface Gathered {
  readonly series: string;
  readonly inputs: TrainingInputs;
  readonly columns: CandleColumns;
  readonly champion: SeriesModel | undefined;
  readonly head: SeriesHead | undefined;
  readonly gone: readonly string[];
  readonly changed: readonly string[];
}

const championOf = (places: ReproducePlaces, series: string, versionId: string | null) => {
  if (versionId === null) return { gone: [] };
  const found = findVersion(places, versionId);
  if ('gone' in found) return { gone: [`the champion of then: ${found.gone}`] };
  const champion = found.model.series[series];
  return champion ? { champion, gone: [] } : { gone: [`${versionId} has no model of ${series}`] };
};

const headOf = (places: ReproducePlaces, series: string, versionId: string | null | undefined) => {
  if (versionId == null) return { gone: [] };
  const head = findHead(places, versionId, series);
  return 'gone' in head ? { gone: [head.gone] } : { head, gone: [] };
};

const gather = (places: ReproducePlaces, series: string, inputs: TrainingInputs): Gathered => {
  const candles = findCandles(places, series, inputs);
  const champion = championOf(places, series, inputs.champion);
  const head = headOf(places, series, inputs.head);
  return {
    ...{ series, inputs, columns: candles.columns, changed: candles.changed },
    champion: champion.champion,
    head: head.head,
    gone: [...candles.gone, ...champion.gone, ...head.gone],
  };
};

/** Series that were not trained keep the parent's model, so it is an input as well. */
const parentOf = (places: ReproducePlaces, parent: string | null) => {
  if (parent === null) return { model: {}, gone: [] };
  const found = findVersion(places, parent);
  return 'gone' in found
    ? { model: {}, gone: [`the parent: ${found.gone}`] }
    : { model: found.model.series, gone: [] };
};

const withoutRecord = (metadata: VersionMetadata): string[] => {
  const missing = metadata.trained_series.filter((series) => metadata.inputs?.[series] === undefined);
  return missing.map(
    (series) => `metadata.json has no record of the inputs of ${series}: it is of an earlier release`,
  );
};

const train = (
  all: readonly Gathered[],
  inherited: Readonly<Record<string, SeriesModel>>,
  progress: SeriesProgress,
) => {
  const trained = Array.from(trainAgain(all, progress), ([series, training]) => ({ series, training }));
  const staged = trained.map(({ series, training }) => ({
    outcome: { series, decision: training.gate.decision },
    training,
  }));
  const hash = modelHashOf(serializeModel(composeModel(staged, inherited)));
  return {
    hash,
    decisions: new Map(staged.map(({ outcome }) => [outcome.series, outcome.decision])),
    heads: new Map(
      trained.flatMap(({ series, training }) =>
        'head' in training ? [[series, headHashOf(training.head)] as const] : [],
      ),
    ),
  };
};

const reasonOf = (
  gone: readonly string[],
  changed: readonly string[],
  same: boolean,
  isOtherCode: boolean,
): string => {
  if (gone.length > 0) return 'inputs are gone';
  if (changed.length > 0) return 'inputs changed since';
  if (same) return 'the same bytes';
  return isOtherCode ? 'other bytes: the code is another one than then' : 'other bytes from the same inputs';
};

const headsOf = (stored: string | undefined, trained: string | undefined) =>
  stored === undefined ? {} : { head: { stored, trained: trained ?? null } };

const compare = (
  places: ReproducePlaces,
  versionId: string,
  found: FoundVersion,
  progress: SeriesProgress,
): Reproduction => {
  const metadata = found.metadata as unknown as VersionMetadata;
  const all = Object.entries(metadata.inputs ?? {}).map(([series, inputs]) => gather(places, series, inputs));
  const parent = parentOf(places, metadata.parent_version);
  const gone = [...new Set([...withoutRecord(metadata), ...all.flatMap((one) => one.gone), ...parent.gone])];
  const changed = all.flatMap((one) => one.changed);
  const result = gone.length + changed.length === 0 ? train(all, parent.model, progress) : undefined;
  const headOfThen = (series: string) => metadata.lineages?.[series]?.head_hash;
  const sameHeads = all.every(({ series }) => headOfThen(series) === result?.heads.get(series));
  const reproduced = result?.hash === found.modelHash && sameHeads;
  const code = { before: metadata.code_version, now: places.codeVersion };
  return {
    ...{ version_id: versionId, reproduced, gone, changed, code_version: code },
    reason: reasonOf(gone, changed, reproduced, code.before !== code.now),
    model_hash: { stored: found.modelHash, trained: result?.hash ?? null },
    series: all.map(({ series, inputs, columns }) => ({
      ...{ series, mode: inputs.mode, candles: columns.openTimeMs.length },
      decision: result?.decisions.get(series) ?? null,
      ...headsOf(headOfThen(series), result?.heads.get(series)),
    })),
    node_version: { before: metadata.node_version, now: process.version },
  };
};

/**
 * Trains a version again from what is stored: CSVs or archive, the head of its lineage, the champion of then, the
 * settings in its metadata. Changes nothing. Throws with the reason when the version itself is gone.
 */
export const reproduce = (
  places: ReproducePlaces,
  versionId: string,
  progress: SeriesProgress = () => {},
): Reproduction => {
  const found = findVersion(places, versionId);
  if ('gone' in found) throw new Error(`cannot be reproduced: ${found.gone}`);
  return compare(places, versionId, found, progress);
};
