import "server-only";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  type ReadableSpan,
  type SpanExporter,
} from "@opentelemetry/sdk-trace-node";
import packageFile from "@/package.json";

/** What follows the path may hold names, codes and tokens. */
const withoutQuery = (text: string) => text.replace(/[?#].*$/s, "");

/** A span without the queries of addresses, in its name and in its attributes. */
export function withoutPersonalData(span: ReadableSpan): ReadableSpan {
  const attributes = Object.entries(span.attributes).map(([name, value]) => [
    name,
    typeof value === "string" ? withoutQuery(value) : value,
  ]);
  return Object.create(span, {
    name: { value: withoutQuery(span.name) },
    attributes: { value: Object.fromEntries(attributes) },
  });
}

/** Sends what Next.js traces to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names. */
export function startTracing(): void {
  const exporter = new OTLPTraceExporter();
  const careful: SpanExporter = {
    export: (spans, done) => exporter.export(spans.map(withoutPersonalData), done),
    shutdown: () => exporter.shutdown(),
  };
  const resource = resourceFromAttributes({
    "service.name": packageFile.name,
    "service.version": packageFile.version,
  });
  new NodeTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(careful)],
  }).register();
}
