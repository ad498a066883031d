import { defineUpdate } from '@temporalio/workflow';
import type { PromotionRecord, PromotionRequest, Proposal } from './types.ts';

/** Puts a version before a person: it waits in the promote workflow until it is approved or a newer one replaces it. */
export const proposeUpdate = defineUpdate<{ awaiting: string; superseded?: string }, [Proposal]>('propose');

/** Promotes, rolls back or approves, one at a time. */
export const decideUpdate = defineUpdate<PromotionRecord, [PromotionRequest]>('decide');
