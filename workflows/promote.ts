import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { decideUpdate, proposeUpdate } from './messages.ts';
import { ledger } from './proxies.ts';
import { attributes, awaitingApproval } from './search-attributes.ts';
import type { PromotionRecord, PromotionRequest, Proposal } from './types.ts';

/**
 * Moves `current`, one decision at a time: promotions, rollbacks, approvals. It stays open only while a version waits
 * for a person; a newer proposal replaces the waiting one.
 */
export async function promote(): Promise<{ records: PromotionRecord[] }> {
  const records: PromotionRecord[] = [];
  let waiting: Proposal | undefined;
  let begun = false;
  const inTurn = createQueue();

  setHandler(proposeUpdate, (proposal) => {
    begun = true;
    const superseded = waiting?.versionId;
    waiting = proposal;
    show(awaitingApproval, proposal.versionId);
    return { awaiting: proposal.versionId, ...(superseded === undefined ? {} : { superseded }) };
  });

  // No validator: a refused update would leave a run that it has just started open for ever, with nothing to do.
  setHandler(decideUpdate, (request) => {
    begun = true;
    return inTurn(async () => {
      const asked = completed(request, waiting);
      const summary = `${request.kind} ${asked.versionId ?? 'the predecessor'}`;
      const record = await ledger.movePromotion.executeWithOptions({ summary }, [asked]);
      records.push(record);
      if (waiting && settles(request, waiting, record)) waiting = undefined;
      // What still waits is what this run is open for, and what readers of its attributes look for.
      if (waiting) show(awaitingApproval, waiting.versionId);
      else show(record.kind, record.versionId);
      return record;
    });
  });

  await condition(() => begun && waiting === undefined && allHandlersFinished());
  return { records };
}

/** Runs work one at a time, in the order it came; one that failed does not stop the next. */
const createQueue = () => {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
};

/** An approval is a promotion of what waits, under the champion that it was judged against. */
const completed = (request: PromotionRequest, waiting: Proposal | undefined): PromotionRequest => {
  if (request.kind !== 'approve') return request;
  if (!waiting) throw nothingAwaits('nothing awaits approval');
  const { versionId, expectedChampion } = waiting;
  if (request.versionId !== undefined && request.versionId !== versionId)
    throw nothingAwaits(`${request.versionId} does not await approval, ${versionId} does`);
  return { ...request, versionId, expectedChampion };
};

const nothingAwaits = (message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, 'NothingAwaitsApproval');

const settles = (request: PromotionRequest, waiting: Proposal, record: PromotionRecord): boolean =>
  request.kind === 'approve' || record.versionId === waiting.versionId;

const show = (outcome: string, versionId: string): void => {
  setCurrentDetails(`${outcome}: ${versionId}`);
  upsertSearchAttributes([
    { key: attributes.outcome, value: outcome },
    { key: attributes.version, value: versionId },
  ]);
};
