import type { Operations } from '../../client/schema.ts';

/** What an operation answers, as the gateway's own document says it. */
export type AnswerTo<Operation extends keyof Operations> = Operations[Operation]['answer'];

export type Gap = AnswerTo<'GET /ledger/gaps'>['data'][number];
export type Correction = AnswerTo<'GET /ledger/corrections'>['data'][number];
export type TrainingState = AnswerTo<'GET /guardrails'>['training'];
export type VersionRow = AnswerTo<'GET /models'>['data'][number];
export type ChartPage = AnswerTo<'GET /chart'>;
