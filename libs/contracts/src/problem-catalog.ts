import type { FailureNumbers } from './failure-numbers.js';

/**
 * All problems (RFC 9457) with status and title. Codes are a stable API. Only codes and a few numbers (`failure-numbers.ts`)
 * are stored in Redis. Details never echo input.
 */
export const PROBLEMS = {
  'invalid-request': [400, 'The request could not be understood'],
  'invalid-parameter': [400, 'A parameter has a value that is not accepted'],
  'unknown-parameter': [400, 'Unknown parameter'],
  'missing-image': [400, 'No image was sent'],
  'multiple-images': [400, 'More than one image was sent. Send one image per job'],
  'multiple-backgrounds': [400, 'More than one background was sent. Send one color or one image'],
  'multiple-masks': [400, 'More than one mask was sent. Send one mask per image'],
  'malformed-multipart': [400, 'The multipart body is malformed or incomplete'],
  'upload-interrupted': [400, 'The upload ended before it was complete'],
  'image-url-off': [400, 'This service does not fetch images by URL. Send the image itself'],
  'image-url-invalid': [
    400,
    'The image URL must start with http:// or https:// and contain no user name or password',
  ],
  'image-url-refused': [400, 'The image URL does not point to a public host and an allowed port'],
  'key-invalid': [401, 'The API key is unknown, revoked or expired'],
  'cross-site-request': [
    403,
    'Pages of this origin may not call the service. The operator can allow them with CORS_ORIGINS',
  ],
  'not-found': [404, 'Not found'],
  'job-not-found': [404, 'Job not found. Check its id, and send its token as Authorization: Bearer TOKEN'],
  'batch-not-found': [
    404,
    'Batch not found. Check its id, and send its token as Authorization: Bearer TOKEN',
  ],
  'method-not-allowed': [405, 'Method not allowed'],
  'request-timeout': [408, 'The request took too long to arrive'],
  'result-busy': [409, 'Another request is downloading the result'],
  'retry-too-soon': [409, 'The first request with this Idempotency-Key is still being uploaded'],
  'batch-closed': [409, 'The batch is closed and accepts no more images'],
  'batch-full': [409, 'The batch is full'],
  'custom-id-taken': [409, 'Another image in the batch already has this custom_id'],
  'not-purged': [409, 'The job has not ended yet. Its receipt is available once it has been purged'],
  'result-delivered': [
    410,
    'The result was already downloaded and has been purged. Submit the image again to get it once more',
  ],
  'result-expired': [
    410,
    'No worker started the image in time, or the result was not downloaded in time. It has been purged',
  ],
  'job-cancelled': [410, 'The job was canceled and has been purged'],
  'batch-cancelled': [410, 'The batch was canceled and all its images have been purged'],
  'queue-lost': [410, 'The queue was restarted and this job was lost. Submit the image again'],
  'image-too-large': [413, 'The image file is too large'],
  'content-encoding-unsupported': [
    415,
    'Compressed request bodies are not supported. Send the body without Content-Encoding',
  ],
  'image-type-unsupported': [415, 'The file is not an image of a supported format'],
  'expectation-failed': [417, 'The only supported expectation is 100-continue'],
  'wrong-region': [421, 'This job belongs to another region. Send the request there'],
  'misdirected-request': [
    421,
    'The service does not answer to this Host. Use localhost, a loopback address or the name in PUBLIC_URL',
  ],
  'retry-differs': [422, 'This Idempotency-Key was already used with another image or other options'],
  'image-too-many-pixels': [422, 'The image has too many pixels or too long a side'],
  'image-too-complex': [422, 'The image has too many scans, frames or parts, or takes too long to open'],
  'image-memory-exceeded': [422, 'Processing the image takes more memory than one image may use'],
  'image-url-failed': [422, 'The image could not be downloaded from its URL'],
  'image-truncated': [422, 'The file ends before its image does. Send the whole file'],
  'image-corrupt': [422, 'The image is damaged and cannot be decoded'],
  'background-corrupt': [422, 'The background image is damaged and cannot be decoded'],
  'mask-corrupt': [422, 'The mask is damaged and cannot be decoded'],
  'mask-mismatch': [422, 'The proportions of the mask differ from those of the image by more than 2 percent'],
  'roi-exceeds-bounds': [422, 'The region of interest extends beyond the image'],
  'roi-empty': [422, 'The region of interest is empty'],
  'subject-not-found': [422, 'The image has no subject of this number or at this point'],
  'ground-not-flat': [
    422,
    'The image has no background of one color, which graphics=on needs. Use graphics=auto, or an image with one color along its border',
  ],
  'foreground-not-found': [422, 'No subject was found in the image'],
  'subject-no-room': [422, 'Padding and margin leave no room for the subject'],
  'max-bytes-too-small': [422, 'The result does not fit into max_bytes, even at the lowest quality'],
  'model-unknown': [422, 'Unknown model'],
  'worker-crashed': [422, 'Processing the image crashed twice. The image was deleted'],
  'deadline-exceeded': [422, 'Processing the image took longer than allowed'],
  'processing-failed': [422, 'The image could not be processed'],
  'rate-limited': [
    429,
    'Too many images from this address or with this key. Try again after the time in Retry-After',
  ],
  'tenant-limit': [
    429,
    'Too many of your images are in progress. Download results, or try again after the time in Retry-After',
  ],
  'too-many-open-requests': [429, 'Too many open requests from this client. Wait until one has ended'],
  'headers-too-large': [431, 'The request headers are too large or too many'],
  'internal-error': [500, 'Something went wrong on our side. Nothing was kept'],
  'broker-unavailable': [503, 'The queue cannot be reached. Try again shortly'],
  'capacity-exhausted': [503, 'All memory for images is in use. Try again after the time in Retry-After'],
  'not-ready': [503, 'The service is not ready yet'],
  'not-started-in-time': [
    503,
    'No worker started the job within start_within, and it has been purged. Submit the image again',
  ],
  'shutting-down': [503, 'This instance is shutting down. Try again'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

/** Stable name of a problem. */
export type ProblemCode = keyof typeof PROBLEMS;

/** True when `text` is a code in the catalog. */
export const isProblemCode = (text: string): text is ProblemCode => Object.hasOwn(PROBLEMS, text);

/** Body of an `application/problem+json` response (RFC 9457). */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  code: ProblemCode;
  detail?: string;
  /** Name of the invalid parameter; never its value. */
  parameter?: string;
  /** Accepted values of the parameter: all of them, or one readable range or pattern. */
  accepted?: string[];
  /** The limit that was exceeded, in `unit`. */
  limit?: number;
  /** Unit of `limit`, such as "bytes" or "pixels". */
  unit?: string;
  /** Names of the form fields that may contain an image. */
  expected?: string[];
  /** Names of the fields that were sent instead; never their contents. */
  found?: string[];
  /** Seconds after which a retry makes sense. */
  retry_after?: number;
  /** Region of the job or batch. */
  region?: string;
  /** Public address of that region. */
  address?: string;
}

/** Public facts about a problem besides its code. They contain no input. */
export interface ProblemFacts {
  detail?: string | undefined;
  parameter?: string | undefined;
  accepted?: readonly string[] | undefined;
  limit?: number | undefined;
  unit?: string | undefined;
  expected?: readonly string[] | undefined;
  found?: readonly string[] | undefined;
  retryAfterS?: number | undefined;
  region?: string | undefined;
  address?: string | undefined;
  /** Numbers that `detail` and `limit` are made of, for a failure that is passed on; not on the wire. */
  numbers?: FailureNumbers | undefined;
}

/** An expected failure. Its code and facts are public; `cause` is only for typed fields of the log. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly code: ProblemCode,
    readonly facts: ProblemFacts = {},
    options?: ErrorOptions,
  ) {
    super(code, options);
  }

  /** HTTP status of this problem. */
  get status(): number {
    return PROBLEMS[this.code][0];
  }

  /** The wire form of this problem. */
  toBody(): ProblemBody {
    return problemBody(this.code, this.facts);
  }
}

/** The wire form of the problem with this code. */
export function problemBody(code: ProblemCode, facts: ProblemFacts = {}): ProblemBody {
  const [status, title] = PROBLEMS[code];
  return {
    type: `/problems/${code}`,
    title,
    status,
    code,
    ...(facts.detail !== undefined && { detail: facts.detail }),
    ...(facts.parameter !== undefined && { parameter: facts.parameter }),
    ...(facts.accepted !== undefined && { accepted: [...facts.accepted] }),
    ...(facts.limit !== undefined && { limit: facts.limit }),
    ...(facts.unit !== undefined && { unit: facts.unit }),
    ...(facts.expected !== undefined && { expected: [...facts.expected] }),
    ...(facts.found !== undefined && { found: [...facts.found] }),
    ...(facts.retryAfterS !== undefined && { retry_after: facts.retryAfterS }),
    ...(facts.region !== undefined && { region: facts.region }),
    ...(facts.address !== undefined && { address: facts.address }),
  };
}

/** The problem of an image larger than `limit` bytes, or of a body too large for such an image. */
export const imageTooLarge = (limit: number): Problem =>
  new Problem('image-too-large', {
    ...{ limit, unit: 'bytes' },
    detail: `The limit is ${Math.floor(limit / 1_048_576)} MiB. Scale the image down, or save it as JPEG.`,
  });

/** Codes of a damaged file. */
const DAMAGE_CODES: ReadonlySet<ProblemCode> = new Set(['image-truncated', 'image-corrupt']);

/** The error of a damaged file beside the image; other errors are those of any image. */
const damagedAs =
  (code: ProblemCode) =>
  (error: unknown): unknown =>
    error instanceof Problem && DAMAGE_CODES.has(error.code) ? new Problem(code) : error;

/** The error of a background image. */
export const backgroundError = damagedAs('background-corrupt');

/** The error of a mask. */
export const maskError = damagedAs('mask-corrupt');
