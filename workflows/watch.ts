import { isCancellation, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { watching } from './proxies.ts';
import { attributes } from './search-attributes.ts';

/**
 * Once a minute: how the newest promotion does, how the loop is, and what people have to be told. One that fails does
 * not keep the next from being done; the run fails in the end, so that it is seen.
 */
export async function watch(): Promise<{ done: string[] }> {
  upsertSearchAttributes([{ key: attributes.stage, value: 'watch' }]);
  const done: string[] = [];
  const failures: unknown[] = [];
  const steps = [() => watching.watchPromotion(), () => watching.watchLoop(), () => watching.deliverAlerts()];
  for (const step of steps) {
    try {
      done.push(JSON.stringify(await step()));
    } catch (error) {
      if (isCancellation(error)) throw error;
      failures.push(error);
    }
  }
  setCurrentDetails(done.join('\n'));
  if (failures.length > 0) throw failures[0];
  return { done };
}
