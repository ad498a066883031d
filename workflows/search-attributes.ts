import { defineSearchAttributeKey } from '@temporalio/common';

/** Typed search attributes of every run. None is called "Stream": that is a keyword of the visibility store. */
export const attributes = {
  series: defineSearchAttributeKey('AutotrainSeries', 'KEYWORD'),
  version: defineSearchAttributeKey('AutotrainVersion', 'KEYWORD'),
  stage: defineSearchAttributeKey('AutotrainStage', 'KEYWORD'),
  outcome: defineSearchAttributeKey('AutotrainOutcome', 'KEYWORD'),
} as const;

/** The outcome of a promote run that is open for a version that waits for a person. */
export const awaitingApproval = 'awaiting approval';
