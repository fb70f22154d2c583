import { randomBytes } from 'node:crypto';

/** Position in a trace. */
export interface TraceContext {
  /** 16 bytes, hex. */
  traceId: string;
  /** The parent span: 8 bytes, hex. */
  spanId: string;
}

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Parses a `traceparent` (W3C Trace Context §3.2). Later versions may append fields. */
export function parseTraceparent(text: string): (TraceContext & { sampled: boolean }) | undefined {
  const [, version = '', traceId = '', spanId = '', flags = '', more] = FORM.exec(text) ?? [];
  if (version === '' || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** The `traceparent` of a context. */
export const traceparent = ({ traceId, spanId }: TraceContext): string => `00-${traceId}-${spanId}-01`;

/** A new trace with random ids. */
export const drawTrace = (): TraceContext => ({
  traceId: randomBytes(16).toString('hex'),
  spanId: drawSpanId(),
});

/** Id of a new span. */
export const drawSpanId = (): string => randomBytes(8).toString('hex');
