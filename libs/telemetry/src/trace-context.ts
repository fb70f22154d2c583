import { randomBytes } from 'node:crypto';

/** Where in a trace something happens. */
export interface TraceContext {
  /** 16 bytes, hex. */
  traceId: string;
  /** The span under which it happens: 8 bytes, hex. */
  spanId: string;
}

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** A `traceparent` (W3C Trace Context §3.2), if it is one. Later versions may have more at the end. */
export function parseTraceparent(text: string): (TraceContext & { sampled: boolean }) | undefined {
  const [, version = '', traceId = '', spanId = '', flags = '', more] = FORM.exec(text) ?? [];
  if (version === '' || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** The `traceparent` of what is traced. */
export const traceparent = ({ traceId, spanId }: TraceContext): string => `00-${traceId}-${spanId}-01`;

/** A new trace; its ids say nothing of what they are for. */
export const drawTrace = (): TraceContext => ({
  traceId: randomBytes(16).toString('hex'),
  spanId: drawSpanId(),
});

/** Id of a new span. */
export const drawSpanId = (): string => randomBytes(8).toString('hex');
