import type { Span, SpanAttributes, SpanName } from './span-fields.js';
import { drawSpanId, drawTrace, parseTraceparent, type TraceContext } from './trace-context.js';

/** Receives finished spans. */
export interface SpanSink {
  take(span: Span): void;
}

/** A finished span. */
export interface FinishedSpan {
  startMs: number;
  endMs: number;
  attributes?: SpanAttributes;
  failed?: boolean;
  /** Set when it already has children; random by default. */
  spanId?: string;
}

/** Time now in ms since the epoch with fractions, from a monotonic clock. */
export const nowMs = (): number => performance.timeOrigin + performance.now();

/** Samples traces and creates their spans. Without a sink no image is traced. */
export class Tracer {
  constructor(
    private readonly sink: SpanSink | undefined,
    private readonly share: number,
  ) {}

  /**
   * The context of a new image: a new trace, or part of its client's when `parent` is a `traceparent`. Undefined when the image
   * is not traced by any process.
   */
  begin(parent?: string): { context: TraceContext; parentId: string | undefined } | undefined {
    if (this.sink === undefined) return undefined;
    const given = parent === undefined ? undefined : parseTraceparent(parent);
    if (given !== undefined) {
      const context = { traceId: given.traceId, spanId: drawSpanId() };
      return given.sampled ? { context, parentId: given.spanId } : undefined;
    }
    return Math.random() < this.share ? { context: drawTrace(), parentId: undefined } : undefined;
  }

  /** The first span of a trace. */
  root(
    name: SpanName,
    { context, parentId }: { context: TraceContext; parentId: string | undefined },
    span: FinishedSpan,
  ): void {
    this.take(name, { traceId: context.traceId, parentId }, { ...span, spanId: context.spanId });
  }

  /** Creates a child span of `parent`, if that is traced. */
  span(name: SpanName, parent: TraceContext | undefined, span: FinishedSpan): void {
    if (parent !== undefined) this.take(name, { traceId: parent.traceId, parentId: parent.spanId }, span);
  }

  private take(
    name: SpanName,
    under: { traceId: string; parentId: string | undefined },
    { attributes = {}, failed = false, spanId = drawSpanId(), startMs, endMs }: FinishedSpan,
  ): void {
    this.sink?.take({ name, ...under, spanId, startMs, endMs: Math.max(startMs, endMs), attributes, failed });
  }
}

/** The context in a job record; undefined when its image is not traced. */
export const contextOf = (text: string | undefined): TraceContext | undefined =>
  text === undefined ? undefined : parseTraceparent(text);
