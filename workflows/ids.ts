/**
 * Fixed workflow ids: Temporal runs one workflow of an id at a time, so a fixed id is the single-flight lock.
 * Ids hold no slash (the Web UI puts them into its URLs).
 */
export const modelName = 'regimes';

export const ingestId = (series: string): string => `ingest:${series.replaceAll('/', '-')}`;
export const retrainId = `retrain:${modelName}`;
export const promoteId = `promote:${modelName}`;
export const janitorId = 'janitor';
export const watchId = 'watch';
export const auditId = 'audit';
export const snapshotId = 'snapshot';

export const taskQueues = { ingest: 'autotrain-ingest', train: 'autotrain-train' } as const;
