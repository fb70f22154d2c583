import { RESULT_HINTS } from '#contracts/result-hints.js';
import type { Schema } from './schemas.js';

/** An OpenAPI header. */
interface Header {
  description: string;
  required: boolean;
  schema: Schema;
}

const text = (description: string, example: string, more: object = {}): Header => ({
  description,
  required: false,
  schema: { type: 'string', examples: [example], ...more },
});
const count = (description: string, example: number): Header => ({
  description,
  required: false,
  schema: { type: 'integer', minimum: 0, examples: [example] },
});
const always = (header: Header): Header => ({ ...header, required: true });

/** All response headers by name. A `required` header is present in each response that lists it. */
export const HEADERS = {
  'Cache-Control': always(text('`no-store` in all responses about images', 'no-store')),
  'Content-Disposition': always(text('File name', 'attachment; filename="cutout.png"')),
  'Content-Length': always(count('Bytes of the result', 482_113)),
  ETag: always(text('Version of the status', '"3"', { pattern: '^"\\d+(-\\w+)?"$' })),
  'Idempotent-Replayed': text('`true` when an earlier request made the job', 'true', { enum: ['true'] }),
  Link: text('URL of the deletion receipt', '</v1/jobs/q83vASNFZ4mrze8BI0VniQ/receipt>; rel="receipt"'),
  Location: always(text('URL of the created job or batch', '/v1/jobs/q83vASNFZ4mrze8BI0VniQ')),
  'Preference-Applied': text('`wait=N`: seconds that the service waits (RFC 7240)', 'wait=30', {
    pattern: '^wait=\\d+$',
  }),
  RateLimit: text(
    'Remaining requests and megapixels (`r`), and seconds until all are available again (`t`)',
    '"submit";r=59;t=60, "pixels";r=499;t=1',
  ),
  'RateLimit-Policy': text(
    'Limits on requests (`submit`) and megapixels (`pixels`) per minute, if there are any',
    '"submit";q=60;w=60, "pixels";q=500;w=60;qu="megapixels"',
  ),
  'Retry-After': count('Seconds to wait before the next request', 2),
  'Server-Timing': always(
    text(
      'Milliseconds of each stage; `infer` names the model and the provider (W3C Server Timing)',
      'decode;dur=8.1, infer;desc="isnet on cpu";dur=310.4, encode;dur=41.0',
    ),
  ),
  Vary: always(text('Request headers that the response depends on', 'Accept')),
  'WWW-Authenticate': always(text('Authentication scheme (RFC 9110)', 'Bearer realm="removebg-bd"')),
  'X-Accel-Buffering': always(text('Disables buffering in proxies', 'no', { enum: ['no'] })),
  'X-Batch-Status': always(
    text('State of the batch. `complete`: there will be no further result', 'open', {
      enum: ['open', 'closed', 'complete'],
    }),
  ),
  'X-Confidence': text('Expected agreement of the cut-out with the true one, 0 to 1', '0.97', {
    pattern: '^(0\\.\\d\\d|1\\.00)$',
  }),
  'X-Credits-Charged': always(count('Always 0: there are no credits', 0)),
  'X-Custom-Id': always(text('Your name for the image, percent-encoded', 'shoes%2F4711.jpg')),
  'X-Foreground-Height': always(count('Height of the subject; 0 when nothing is visible', 470)),
  'X-Foreground-Left': always(count('Columns left of the subject', 31)),
  'X-Foreground-Top': always(count('Rows above the subject', 42)),
  'X-Foreground-Width': always(count('Width of the subject; 0 when nothing is visible', 380)),
  'X-Height': always(count('Height of the result in pixels', 512)),
  'X-Hints': text(
    `What to know before using the result, if there is anything: ${RESULT_HINTS.join(', ')}`,
    'low-confidence',
  ),
  'X-Ignored-Fields': text('Names of ignored form fields', 'user_id, comment'),
  'X-Job-Id': always(text('Id of the job', 'q83vASNFZ4mrze8BI0VniQ')),
  'X-Latency-Ms': count('Milliseconds of the work on the image', 410),
  'X-RateLimit-Limit': count('Limit on requests per minute, if there is one', 60),
  'X-RateLimit-Remaining': count('Remaining requests', 59),
  'X-RateLimit-Reset': count('Seconds until all requests are available again', 60),
  'X-Type': text('The `type` of the request, else `other`; absent with `type_level=none`', 'other'),
  'X-Uncertainty-Score': always(
    text(
      'How unsure the cut-out is, 0 (sure) to 1: 1 minus the confidence; `-1` when it is unknown',
      '0.03',
      {
        pattern: '^(0\\.\\d\\d|1\\.00|-1)$',
      },
    ),
  ),
  'X-Width': always(count('Width of the result in pixels', 512)),
} satisfies Record<string, Header>;

/** Name of a header that a response may have. */
export type HeaderName = keyof typeof HEADERS;

/** Headers of a response, as references to their descriptions. */
export const headers = (...names: HeaderName[]): Record<string, { $ref: string }> =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** Rate limit headers of a submission. */
export const RATE_HEADERS = [
  'RateLimit-Policy',
  'RateLimit',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
] as const satisfies HeaderName[];

/** Facts about the image in a response. Widths and heights in pixels of the result. */
export const RESULT_HEADERS = [
  'Cache-Control',
  'Content-Disposition',
  'Content-Length',
  'Link',
  'Server-Timing',
  'X-Width',
  'X-Height',
  'X-Foreground-Top',
  'X-Foreground-Left',
  'X-Foreground-Width',
  'X-Foreground-Height',
  'X-Confidence',
  'X-Hints',
] as const satisfies HeaderName[];

/** Headers of a response that is a result. */
export const resultHeaders = headers(...RESULT_HEADERS);
