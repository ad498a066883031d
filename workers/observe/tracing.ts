import { createRequire } from 'node:module';
import type { BundleOptions, WorkerOptions } from '@temporalio/worker';
import type { Tracing } from '../../temporal/tracing.ts';

export interface TracedWork {
  readonly activity: NonNullable<NonNullable<WorkerOptions['interceptors']>['activity']>;
  readonly sinks: NonNullable<WorkerOptions['sinks']>;
  /** What the workflow bundle has to hold. */
  readonly bundle: Pick<BundleOptions, 'workflowInterceptorModules'>;
}

const untraced: TracedWork = { activity: [], sinks: {}, bundle: {} };

const workflowModule = '@temporalio/interceptors-opentelemetry/lib/workflow-interceptors';

/**
 * Workflows and activities as spans of the trace that started them. The interceptors add no command to a history, so
 * runs go on when tracing is switched on or off.
 */
export const tracedWork = async (tracing: Tracing | undefined): Promise<TracedWork> => {
  if (!tracing) return untraced;
  const { makeWorkflowExporter, OpenTelemetryActivityInboundInterceptor } = await import(
    '@temporalio/interceptors-opentelemetry/lib/worker/index.js'
  );
  return {
    activity: [(context) => ({ inbound: new OpenTelemetryActivityInboundInterceptor(context) })],
    sinks: { exporter: makeWorkflowExporter(tracing.spanProcessor, tracing.resource as never) },
    bundle: { workflowInterceptorModules: [createRequire(import.meta.url).resolve(workflowModule)] },
  };
};
