import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { housekeeping } from './proxies.ts';
import { attributes } from './search-attributes.ts';
import type { SnapshotResult } from './types.ts';

/** Backs up ledger, parameter store, registry and candles. Named by the run's start, so a retry finds what it made before. */
export async function snapshot(): Promise<SnapshotResult> {
  upsertSearchAttributes([{ key: attributes.stage, value: 'snapshot' }]);
  const made = await housekeeping.takeSnapshot({ atMs: workflowInfo().startTime.getTime() });
  setCurrentDetails(
    `${made.name}: ${made.versions} versions, ${made.files} files, ${made.bytes} bytes; missing: ${made.missing}; removed: ${made.removed}`,
  );
  return made;
}
