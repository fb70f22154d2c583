/**
 * The one list of everything that can go wrong, as RFC 9457 problems. A code is stable API; only codes cross
 * Redis; a detail never echoes input.
 */
export const PROBLEMS = {
  'invalid-request': [400, 'The request could not be understood'],
  'invalid-parameter': [400, 'A parameter has a value that is not allowed'],
  'unknown-parameter': [400, 'A parameter is not known here'],
  'missing-image': [400, 'No image was sent'],
  'multiple-images': [400, 'More than one image was sent: one job takes one image'],
  'multiple-backgrounds': [400, 'More than one background was sent: a colour, or one image'],
  'malformed-multipart': [400, 'The multipart body is malformed or cut short'],
  'upload-interrupted': [400, 'The upload ended before its announced length'],
  'image-url-off': [400, 'This service does not fetch images from addresses: send the bytes'],
  'image-url-invalid': [400, 'The address of the image is no http or https address, or carries credentials'],
  'image-url-refused': [400, 'The address of the image does not lead to a public host and port'],
  'key-invalid': [401, 'The API key is unknown, revoked or expired'],
  'cross-site-request': [
    403,
    'A page of another origin may not do this: the operator names in CORS_ORIGINS those that may',
  ],
  'not-found': [404, 'There is nothing at this address'],
  'job-not-found': [404, 'No such job, or not your job'],
  'batch-not-found': [404, 'No such batch, or not your batch'],
  'method-not-allowed': [405, 'This address does not have that method: Allow tells those it has'],
  'request-timeout': [408, 'The request took too long to arrive'],
  'result-busy': [409, 'The result is being read by another request'],
  'retry-too-soon': [409, 'The first request with this Idempotency-Key is still sending its image'],
  'batch-closed': [409, 'The batch has been closed: it takes no more images'],
  'batch-full': [409, 'The batch has as many images as one batch may have'],
  'custom-id-taken': [409, 'Another image of the batch has this custom_id'],
  'not-purged': [409, 'The job has not ended: there is a receipt once it has been purged'],
  'result-delivered': [410, 'The result was delivered and has been purged'],
  'result-expired': [410, 'The result was not collected in time and has been purged'],
  'job-cancelled': [410, 'The job was cancelled and has been purged'],
  'batch-cancelled': [410, 'The batch was cancelled, and all its images were purged'],
  'queue-lost': [410, 'The queue was restarted and the job with it: submit the image again'],
  'image-too-large': [413, 'The image file is larger than this service takes'],
  'content-encoding-unsupported': [415, 'A body is to be sent as it is, without Content-Encoding'],
  'image-type-unsupported': [415, 'Only JPEG, PNG and WebP images are taken'],
  'expectation-failed': [417, 'No expectation but 100-continue can be met'],
  'wrong-region': [421, 'This is of another region: ask there'],
  'misdirected-request': [
    421,
    'The service is not known by this Host: ask for localhost, a loopback address or the name in PUBLIC_URL',
  ],
  'retry-differs': [422, 'This Idempotency-Key was used for another image or other options'],
  'image-too-many-pixels': [422, 'The image has more pixels, or a longer side, than this service takes'],
  'image-too-complex': [
    422,
    'The image has more scans, frames or parts, or takes longer to open (OPENING_DEADLINE_S), than this service allows',
  ],
  'image-memory-exceeded': [
    422,
    'The work on the image takes more memory than this service gives one image (MAX_IMAGE_MEMORY_MB)',
  ],
  'image-url-failed': [422, 'The image could not be fetched from its address'],
  'image-truncated': [422, 'The file ends before its image does: send the whole file'],
  'image-corrupt': [422, 'The image is damaged and could not be decoded'],
  'background-corrupt': [422, 'The background image is damaged and could not be decoded'],
  'roi-exceeds-bounds': [422, 'The region of interest reaches beyond the image'],
  'roi-empty': [422, 'The region of interest is empty'],
  'foreground-not-found': [422, 'There is no subject in the image to crop, scale or position'],
  'model-unknown': [422, 'This service has no model of that name'],
  'worker-crashed': [422, 'The image stopped its worker twice and was given up'],
  'deadline-exceeded': [422, 'The image took longer than the time allowed for one image'],
  'processing-failed': [422, 'The image could not be processed'],
  'rate-limited': [
    429,
    'Too many images from this address, or with this key: wait as long as Retry-After says',
  ],
  'tenant-limit': [
    429,
    'You have as many images in work as you may have at a time: collect results, or wait as Retry-After says',
  ],
  'too-many-open-requests': [
    429,
    'You have as many requests open as one client may have: wait until one has ended',
  ],
  'headers-too-large': [431, 'The head of the request is too large, or has too many lines'],
  'internal-error': [500, 'Something went wrong on our side; nothing was kept'],
  'broker-unavailable': [503, 'The queue cannot be reached: try again shortly'],
  'capacity-exhausted': [503, 'All memory for images is in use: try again as Retry-After says'],
  'not-ready': [503, 'The service is not ready to work'],
  'shutting-down': [503, 'This instance is shutting down: try again'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

/** Stable name of a problem. */
export type ProblemCode = keyof typeof PROBLEMS;

/** True when `text` names a problem of the catalogue. */
export const isProblemCode = (text: string): text is ProblemCode => Object.hasOwn(PROBLEMS, text);

/** Body of an `application/problem+json` answer (RFC 9457). */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  code: ProblemCode;
  detail?: string;
  /** Name of the offending parameter; never its value. */
  parameter?: string;
  /** What the parameter takes: its values, or one readable range or pattern. */
  accepted?: string[];
  /** The limit that was exceeded, in `unit`. */
  limit?: number;
  /** Unit of `limit`, such as "bytes" or "pixels". */
  unit?: string;
  /** Names of the form fields that an image could have come in. */
  expected?: string[];
  /** Names of the fields that came instead; never their contents. */
  found?: string[];
  /** Seconds after which a retry makes sense. */
  retry_after?: number;
  /** Region to ask. */
  region?: string;
  /** Public address of that region. */
  address?: string;
}

/** What may be told beyond the code. Texts are ours, never the client's. */
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
}

/** An expected failure. Its code and facts are public; `cause` is for the log's typed fields only. */
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

/** The wire form of a problem known by its code. */
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
