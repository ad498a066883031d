import type { Tracer } from '@opentelemetry/api';
import type { IResource } from '@opentelemetry/resources';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { ClientInterceptors } from '@temporalio/client';
import { codeVersion } from '../code-version.ts';

/** Of one process, while OTEL_EXPORTER_OTLP_ENDPOINT is set. */
export interface Tracing {
  readonly tracer: Tracer;
  /** What a client with these starts goes on in the trace of who starts it. */
  readonly interceptors: ClientInterceptors;
  readonly resource: IResource;
  readonly spanProcessor: SpanProcessor;
  /** Sends what is left. */
  stop(): Promise<void>;
}

/** A collector that is away must not hold up the end of a process. */
const exportTimeoutMs = 3_000;

/** A library of its own that is loaded only where it is wanted. */
const load = async () => {
  const [node, base, otlp, resources, client] = await Promise.all([
    import('@opentelemetry/sdk-trace-node'),
    import('@opentelemetry/sdk-trace-base'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
    import('@temporalio/interceptors-opentelemetry/lib/client/index.js'),
  ]);
  return { ...node, ...base, ...otlp, ...resources, ...client };
};

/**
 * Begins to trace; spans go to `<endpoint>/v1/traces` in OTLP over HTTP. Undefined without an endpoint.
 *
 * @param service what the process is called there: autotrain-gateway, autotrain-worker
 */
export const openTracing = async (
  endpoint: string | undefined,
  service: string,
): Promise<Tracing | undefined> => {
  if (endpoint === undefined) return undefined;
  const otel = await load();
  const exporter = new otel.OTLPTraceExporter({
    url: `${endpoint}/v1/traces`,
    timeoutMillis: exportTimeoutMs,
  });
  const spanProcessor = new otel.BatchSpanProcessor(exporter);
  const resource = new otel.Resource({ 'service.name': service, 'service.version': codeVersion() });
  const provider = new otel.NodeTracerProvider({ resource, spanProcessors: [spanProcessor] });
  provider.register();
  return {
    tracer: provider.getTracer('autotrain'),
    interceptors: { workflow: [new otel.OpenTelemetryWorkflowClientInterceptor()] },
    resource,
    spanProcessor,
    stop: () => provider.shutdown().catch(() => undefined),
  };
};
