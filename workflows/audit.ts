import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { describeLook } from './describe-look.ts';
import { exchange } from './proxies.ts';
import { attributes } from './search-attributes.ts';
import type { AuditReport, AuditResult, AuditRunRequest } from './types.ts';

/** Bounds what an audit asks of the exchange: so many requests for each series. */
const samplesPerSeries = 2;

/** Compares sampled older ranges of each series with the exchange, one after the other. The day picks the ranges. */
export async function audit({ series }: AuditRunRequest): Promise<AuditReport> {
  upsertSearchAttributes([{ key: attributes.stage, value: 'audit' }]);
  const day = workflowInfo().startTime.toISOString().slice(0, 10);
  const ranges: AuditResult[] = [];
  for (const one of series)
    for (let sample = 1; sample <= samplesPerSeries; sample++) {
      const summary = `${one}, sample ${sample}`;
      ranges.push(await exchange.auditRange.executeWithOptions({ summary }, [{ series: one, day, sample }]));
      setCurrentDetails(ranges.map((range) => `${range.series}: ${describeLook(range)}`).join('\n'));
    }
  const outcome = outcomeOf(ranges);
  upsertSearchAttributes([{ key: attributes.outcome, value: outcome }]);
  return { day, outcome, ranges };
}

const outcomeOf = (ranges: readonly AuditResult[]): AuditReport['outcome'] => {
  if (ranges.some((one) => one.rewritten + one.appeared + one.removed > 0)) return 'corrected';
  return ranges.some((one) => one.unanswered !== undefined) ? 'unanswered' : 'agrees';
};
