import type { Disposition } from '../../ledger/dispositions.ts';
import type { HeadMove } from '../../ledger/lineage-rows.ts';
import type { ChampionComparison, LineageHead, SeriesHead } from '../../registry/head-file.ts';
import { headHashOf } from '../../registry/heads.ts';
import type { OpenTimeRange } from '../../registry/model-file.ts';
import type { FileDisposition } from './classify.ts';

/** What strict training leaves for the version besides its model. */
export interface StrictPart {
  readonly lineage: string;
  /** The version whose head it went on from; null: genesis. */
  readonly from: string | null;
  readonly head: LineageHead;
  readonly comparison?: ChampionComparison;
  readonly dispositions: readonly FileDisposition[];
  /** Settings that the lineage does not follow, for the version's message. */
  readonly notes: readonly string[];
}

type Counts = Readonly<Record<Disposition['kind'], number>>;

/** Candles by what became of them: together the claimed ones. */
export interface StrictDispositions extends Counts {
  readonly claimed: number;
  readonly series: Readonly<Record<string, Counts>>;
}

export interface LineageReport {
  readonly lineage: string;
  readonly parent_version: string | null;
  readonly head_hash: string;
  /** Runs of consecutive candles, since genesis. */
  readonly trained_ranges: readonly OpenTimeRange[];
  /** Candles that were scored before they were learned from, since the batch fit; nats/candle. */
  readonly prequential: { readonly candles: number; readonly mean_log_likelihood: number } | null;
  /** Candles on which head and champion were compared so far. */
  readonly compared_candles: number;
}

interface WithStrict {
  readonly outcome: { readonly series: string };
  readonly strict?: StrictPart;
}

const strictParts = (staged: readonly WithStrict[]) =>
  staged.flatMap(({ outcome, strict }) => (strict ? [{ series: outcome.series, ...strict }] : []));

const countsOf = (dispositions: readonly FileDisposition[]): Counts => {
  const counts: Record<Disposition['kind'], number> = {
    trained: 0,
    corrected_late: 0,
    skipped_late: 0,
    duplicate: 0,
    removed: 0,
  };
  for (const { kind, candles } of dispositions) counts[kind] += candles;
  return counts;
};

export const countDispositions = (
  staged: readonly WithStrict[],
): Partial<Omit<StrictDispositions, 'claimed'>> => {
  const parts = strictParts(staged);
  if (parts.length === 0) return {};
  const series = Object.fromEntries(parts.map((part) => [part.series, countsOf(part.dispositions)]));
  return { ...countsOf(parts.flatMap(({ dispositions }) => dispositions)), series };
};

export const lineageReports = (
  staged: readonly WithStrict[],
): { lineages?: Record<string, LineageReport> } => {
  const parts = strictParts(staged);
  if (parts.length === 0) return {};
  return { lineages: Object.fromEntries(parts.map((part) => [part.series, reportOf(part)])) };
};

const reportOf = ({ lineage, from, head, comparison }: StrictPart): LineageReport => ({
  lineage,
  parent_version: from,
  head_hash: headHashOf(head),
  trained_ranges: head.trainedRanges,
  prequential: head.prequential && {
    candles: head.prequential.candles,
    mean_log_likelihood: head.prequential.sum / head.prequential.candles,
  },
  compared_candles: comparison?.candles ?? 0,
});

/** What the ledger and heads.json take, in one transaction with the version. */
export const strictCommit = (
  staged: readonly WithStrict[],
): {
  dispositions: Disposition[];
  heads: HeadMove[];
  records: Record<string, SeriesHead>;
} => {
  const parts = strictParts(staged);
  return {
    dispositions: parts.flatMap(({ lineage, series, dispositions }) =>
      dispositions.map((one) => ({ lineage, series, ...one })),
    ),
    heads: parts.map(({ lineage, series, from, head }) => ({
      ...{ lineage, series, from },
      headHash: headHashOf(head),
      nStates: head.online.model.startProbability.length,
    })),
    records: Object.fromEntries(
      parts.map(({ series, head, comparison }) => [series, { head, ...(comparison && { comparison }) }]),
    ),
  };
};
