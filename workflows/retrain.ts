import {
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  patched,
  setCurrentDetails,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { candlesMayCause, describe } from './failed-training.ts';
import { housekeeping, ledger, training } from './proxies.ts';
import { attributes } from './search-attributes.ts';
import type {
  ClaimSummary,
  CommittedVersion,
  PooledOutcome,
  RetrainRequest,
  RetrainResult,
  SeriesFailure,
  SeriesOutcome,
} from './types.ts';

/** Claims the new files, trains every series in parallel, stores one version and asks for its promotion. */
export async function retrain(request: RetrainRequest): Promise<RetrainResult> {
  stage('claim');
  const claim = await ledger.claimFiles();
  if (claim.claimedFiles === 0) return nothingTrained('no new data', 0, []);
  try {
    return await trainClaimed(claim, request);
  } catch (error) {
    await giveBackAfterFailure(claim, error);
    throw error;
  }
}

const trainClaimed = async (claim: ClaimSummary, request: RetrainRequest): Promise<RetrainResult> => {
  stage('train');
  setCurrentDetails(claim.series.map((s) => `${s.series}: ${s.files} files, ${s.bars} candles`).join('\n'));
  const { trained, left } = await (claim.scope === 'pooled' ? trainPool : trainAll)(claim, request);
  if (trained.length === 0) return await giveAllBack(claim, left);
  if (left.length > 0) await giveBackSeries(claim, left);
  stage('commit');
  const version = await ledger.commitVersion({ claimId: claim.claimId, trained, left, request });
  upsertSearchAttributes([{ key: attributes.version, value: version.versionId }]);
  stage('promote');
  const promotion = await orSay(() => decidePromotion(version, request), whyNotPromoted);
  stage('archive');
  const archived = await orSay(async () => void (await housekeeping.archiveProcessed()), whyNotArchived);
  const message = archived === undefined ? promotion.message : `${promotion.message}; ${archived}`;
  return report(version, { ...promotion, message }, trained, left);
};

/** Behind the commit the version stands and its files are trained: what fails there is said, and undoes nothing. */
const orSay = async <T, Said>(step: () => Promise<T>, say: (reason: string) => Said): Promise<T | Said> => {
  try {
    return await step();
  } catch (error) {
    if (!patched('version-stands')) throw error;
    return say(isCancellation(error) ? 'the run was cancelled' : describe(error).reason);
  }
};

const whyNotPromoted = (reason: string) => ({ promoted: false, message: `stored, not promoted: ${reason}` });

/** The next retrain archives what this one left. */
const whyNotArchived = (reason: string): string => {
  const said = `its candles are not archived yet, the next retrain does it: ${reason}`;
  setCurrentDetails(said);
  return said;
};

/** One failing series never stops the others; a cancelled run stops them all. */
const trainAll = async (claim: ClaimSummary, { nStates }: RetrainRequest) => {
  const trained: SeriesOutcome[] = [];
  const left: SeriesFailure[] = [];
  const one = async ({ series }: { series: string }) => {
    try {
      const request = { claimId: claim.claimId, series, ...(nStates === undefined ? {} : { nStates }) };
      trained.push(await training.trainSeries.executeWithOptions({ summary: series }, [request]));
    } catch (error) {
      if (isCancellation(error)) throw error;
      left.push({ series, ...describe(error) });
    }
  };
  const settled = await Promise.allSettled(claim.series.map(one));
  const cancelled = settled.find((result) => result.status === 'rejected');
  if (cancelled) throw cancelled.reason;
  return { trained: trained.sort(bySeries), left: left.sort(bySeries) };
};

/** MODEL_SCOPE=pooled: one training for all; a series that cannot take part is left out of it. */
const trainPool = async (claim: ClaimSummary, { nStates }: RetrainRequest): Promise<PooledOutcome> => {
  const series = claim.series.map((one) => one.series);
  const request = { claimId: claim.claimId, series, ...(nStates === undefined ? {} : { nStates }) };
  try {
    return await training.trainPooled.executeWithOptions({ summary: series.join(', ') }, [request]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { trained: [], left: series.map((one) => ({ series: one, ...describe(error) })) };
  }
};

const bySeries = (a: { series: string }, b: { series: string }): number => (a.series < b.series ? -1 : 1);

/** Too little data is no failure of the run. */
const isShortOfData = ({ type }: SeriesFailure): boolean => type === 'NotEnoughData';

const giveBackSeries = async ({ claimId }: ClaimSummary, left: readonly SeriesFailure[]): Promise<void> => {
  for (const failure of left) {
    const request = { claimId, series: [failure.series], countAttempt: candlesMayCause(failure) };
    await ledger.giveBack.executeWithOptions({ summary: asText(failure) }, [request]);
  }
};

const giveAllBack = async (claim: ClaimSummary, left: readonly SeriesFailure[]): Promise<RetrainResult> => {
  const failures = left.filter((failure) => !isShortOfData(failure));
  const [first] = failures;
  // Each series for its own reason: what failed in one is no failure of the others' files.
  if (!first || patched('give-back-each')) await giveBackSeries(claim, left);
  if (first) throw ApplicationFailure.nonRetryable(failures.map(asText).join('; '), first.type);
  return nothingTrained(`not enough new data: ${left.map(asText).join('; ')}`, 0, left);
};

const asText = ({ series, reason }: SeriesFailure): string => `${series}: ${reason}`;

/**
 * Runs even when the run was cancelled; the training activities have stopped by then. A series whose training failed was
 * given back before: what is still held was trained, or was not the reason, and no attempt is counted.
 */
const giveBackAfterFailure = async (claim: ClaimSummary, error: unknown): Promise<void> => {
  outcome(isCancellation(error) ? 'cancelled' : 'failed');
  await CancellationScope.nonCancellable(() =>
    ledger.giveBack({ claimId: claim.claimId, countAttempt: false }),
  );
};

const decidePromotion = async (version: CommittedVersion, request: RetrainRequest) => {
  if (request.promote === false)
    return { promoted: false, message: 'stored, not promoted: promote was false' };
  if (version.passed.length === 0) return { promoted: false, message: version.message };
  return await ledger.requestPromotion({
    versionId: version.versionId,
    expectedChampion: version.parentVersionId,
    message: version.message,
  });
};

const report = (
  version: CommittedVersion,
  promotion: { promoted: boolean; message: string },
  trained: readonly SeriesOutcome[],
  left: readonly SeriesFailure[],
): RetrainResult => {
  outcome(promotion.promoted ? 'promoted' : 'stored');
  return {
    version_id: version.versionId,
    metric_name: version.metricName,
    metric_value: version.metricValue,
    promoted: promotion.promoted,
    message: promotion.message,
    metadata: {
      claimed_files: version.claimedFiles,
      n_obs: version.nObs,
      n_states: version.nStates,
      parent_version: version.parentVersionId,
      series: [
        ...trained.map(({ series, decision, reason }) => ({ series, outcome: decision, reason })),
        ...left.map(({ series, type, reason }) => ({ series, outcome: type, reason })),
      ],
    },
  };
};

const nothingTrained = (
  message: string,
  claimedFiles: number,
  left: readonly SeriesFailure[],
): RetrainResult => {
  outcome('no new data');
  return {
    version_id: 'n/a',
    metric_name: 'val_log_likelihood',
    metric_value: null,
    promoted: false,
    message,
    metadata: {
      claimed_files: claimedFiles,
      n_obs: 0,
      n_states: null,
      parent_version: null,
      series: left.map(({ series, type, reason }) => ({ series, outcome: type, reason })),
    },
  };
};

const stage = (value: string): void => {
  upsertSearchAttributes([{ key: attributes.stage, value }]);
};

const outcome = (value: string): void => {
  upsertSearchAttributes([{ key: attributes.outcome, value }]);
};
