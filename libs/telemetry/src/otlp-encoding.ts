import type { Span, SpanAttributes } from './span-fields.js';

/** `SpanKind` and `StatusCode` of OTLP (opentelemetry-proto, trace.proto). */
const KIND = { internal: 1, server: 2, producer: 4, consumer: 5 } as const;
const STATUS_ERROR = 2;
const PREFIX = 'removebg.';

interface Pair {
  key: string;
  value: { stringValue: string } | { intValue: string } | { doubleValue: number };
}

/** One `ExportTraceServiceRequest` in OTLP's JSON encoding (opentelemetry-proto 1.x: ids in hex, times as text). */
export function otlpRequest(service: string, instance: string, spans: readonly Span[]): string {
  const resource = { attributes: [pair('service.name', service), pair('service.instance.id', instance)] };
  const scope = { name: 'removebg-bd' };
  return JSON.stringify({
    resourceSpans: [{ resource, scopeSpans: [{ scope, spans: spans.map(otlpSpan) }] }],
  });
}

function otlpSpan({ name, traceId, spanId, parentId, startMs, endMs, attributes, failed }: Span): object {
  return {
    traceId,
    spanId,
    ...(parentId !== undefined && { parentSpanId: parentId }),
    name,
    kind: kindOf(name),
    startTimeUnixNano: nanoseconds(startMs),
    endTimeUnixNano: nanoseconds(endMs),
    attributes: pairs(attributes),
    ...(failed && { status: { code: STATUS_ERROR } }),
  };
}

function kindOf(name: Span['name']): number {
  if (name === 'submit' || name === 'deliver') return KIND.server;
  return name === 'work' ? KIND.consumer : KIND.internal;
}

const pairs = (attributes: SpanAttributes): Pair[] =>
  Object.entries(attributes).map(([key, value]) => pair(`${PREFIX}${key}`, value as string | number));

function pair(key: string, value: string | number): Pair {
  if (typeof value === 'string') return { key, value: { stringValue: value } };
  return { key, value: Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value } };
}

/** As a whole number of nanoseconds; a double holds the time of day to a quarter of a microsecond. */
const nanoseconds = (ms: number): string => String(BigInt(Math.round(ms * 1000)) * 1000n);
