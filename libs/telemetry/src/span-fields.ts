import { STAGES, type TerminalState } from '#contracts/job-states.js';
import type { Provider } from '#contracts/execution-providers.js';
import type { ProblemCode } from '#contracts/problem-catalog.js';
import type { DeliveryWay, LabelValue } from './metric-labels.js';

/** All spans, from the request that uploads an image to its purge. */
export const SPAN_NAMES = [
  'submit',
  'queue',
  'claim',
  'work',
  ...STAGES,
  'commit',
  'deliver',
  'purge',
] as const;

/** Name of a span. */
export type SpanName = (typeof SPAN_NAMES)[number];

/** Allow-list of span attributes: codes, sizes and counts; no id, name or address. */
export interface SpanAttributes {
  tier?: LabelValue<'tier'>;
  way?: DeliveryWay;
  provider?: Provider;
  end?: TerminalState | LabelValue<'delivery'>;
  code?: ProblemCode | 'cancelled' | 'fenced';
  attempt?: number;
  megapixels?: number;
  bytes?: number;
}

/** One finished span. Times in ms since the epoch, with fractions. */
export interface Span {
  name: SpanName;
  /** 16 bytes, hex. */
  traceId: string;
  /** 8 bytes, hex. */
  spanId: string;
  parentId: string | undefined;
  startMs: number;
  endMs: number;
  attributes: SpanAttributes;
  failed: boolean;
}
