import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  patched,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { decideUpdate, proposeUpdate } from './messages.ts';
import { ledger } from './proxies.ts';
import { attributes, awaitingApproval } from './search-attributes.ts';
import type { PromotionRecord, PromotionRequest, Proposal } from './types.ts';

/**
 * Moves `current`, one decision at a time: promotions, rollbacks, approvals. It stays open only while a version waits
 * for a person; a newer proposal replaces the waiting one. A run whose history grew long hands what waits to another one;
 * each gives its own records, and the ledger has all.
 */
export async function promote(carried?: { waiting: Proposal }): Promise<{ records: PromotionRecord[] }> {
  const records: PromotionRecord[] = [];
  let waiting = carried?.waiting;
  let begun = waiting !== undefined;
  const inTurn = createQueue();
  if (waiting) show(awaitingApproval, waiting.versionId);

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

  await condition(() => begun && (waiting === undefined || isLong()) && allHandlersFinished());
  if (waiting) await continueAsNew<typeof promote>({ waiting });
  return { records };
}

/** The server takes 2,000 updates a run, and an approval that comes behind them would be refused. */
const isLong = (): boolean => workflowInfo().continueAsNewSuggested && patched('promote-continues-as-new');

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
