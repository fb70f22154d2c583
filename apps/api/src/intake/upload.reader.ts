import type { FastifyRequest } from 'fastify';
import type { UploadPart } from '#broker/job.record.js';
import { jobOptionsSchema, type JobOptions } from '#contracts/job.options.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { MultipartReader } from './multipart.reader.js';

/** Takes in the bytes of a file as they arrive. */
export type FileSink = (role: UploadPart['role'], bytes: AsyncIterable<Buffer>) => Promise<void>;

/**
 * Reads the image, maybe a background, and the options that a request brings. Files go to `sink` as they arrive;
 * `maxBytes` holds for all of them together.
 * @throws Problem whatever is wrong with them
 */
export type UploadRead = (request: FastifyRequest, maxBytes: number, sink: FileSink) => Promise<JobOptions>;

const RAW_TYPES = new Set(['image/jpeg', 'image/png', 'image/webp', 'application/octet-stream']);
const MAX_FIELDS = 20;
const MAX_FIELD_BYTES = 1024;

/** Names of the files a form may have. */
const FILES = new Map<string, UploadPart['role']>([
  ['image', 'input'],
  ['bg_image_file', 'background'],
]);

/** Query parameters that are not image options. */
const NOT_OPTIONS = new Set(['token', 'wait']);

/** Takes fields that are no image options, by returning true. @throws Problem when a value is wrong */
export type FieldTaker = (name: string, value: unknown) => boolean;

/**
 * Reads an upload to the service's own calls: a raw body with options in the query, or multipart with one file
 * named `image`, maybe another named `bg_image_file`, and options as fields. Names of files are not read. A call that
 * has parameters beside the options takes them with `takes`.
 * @throws Problem `missing-image` | `multiple-images` | `multiple-backgrounds` | `image-too-large` | `malformed-multipart` and others
 */
export const uploadRead =
  (takes: FieldTaker = () => false): UploadRead =>
  async (request, maxBytes, sink) => {
    const query = Object.entries(request.query as Record<string, unknown>).filter(
      ([key, value]) => !NOT_OPTIONS.has(key) && !takes(key, value),
    );
    const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
    if (type === 'multipart/form-data')
      return readMultipart(request, { maxBytes, sink, takes, fields: query });
    if (!RAW_TYPES.has(type)) throw new Problem('image-type-unsupported');
    const options = parseOptions(query);
    await sink('input', capped(bodyOf(request), new ByteBudget(maxBytes)));
    return options;
  };

/** Reads an upload to `POST /v1/jobs`. */
export const readUpload = uploadRead();

/** The body as it arrives. A reader that stops early leaves the rest to whoever answers. */
export const bodyOf = (request: FastifyRequest): AsyncIterable<Buffer> =>
  request.raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;

/** Validates image options. A field given empty counts as absent. @throws Problem `invalid-parameter` | `unknown-parameter` */
export function parseOptions(fields: [string, unknown][]): JobOptions {
  const given = fields.filter(([, value]) => value !== '');
  const parsed = jobOptionsSchema.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const parameter = issue?.path[0];
  if (typeof parameter === 'string') throw new Problem('invalid-parameter', { parameter });
  throw new Problem('unknown-parameter', {
    detail: `Known parameters: ${Object.keys(jobOptionsSchema.shape).join(', ')}`,
  });
}

/** Bytes that the files of one request may still have. */
export class ByteBudget {
  constructor(private leftBytes: number) {}

  take(bytes: number): void {
    this.leftBytes -= bytes;
    if (this.leftBytes < 0) throw new Problem('image-too-large');
  }
}

/**
 * The file as it arrives. @throws Problem `image-too-large` beyond the budget | `missing-image` when it is empty |
 * `upload-interrupted`
 */
export async function* capped(
  source: AsyncIterable<Buffer>,
  budget: ByteBudget,
): AsyncGenerator<Buffer, void> {
  let total = 0;
  try {
    for await (const arrived of source) {
      total += arrived.length;
      budget.take(arrived.length);
      yield arrived;
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('upload-interrupted');
  }
  if (total === 0) throw new Problem('missing-image');
}

interface MultipartReading {
  maxBytes: number;
  sink: FileSink;
  takes: FieldTaker;
  fields: [string, unknown][];
}

async function readMultipart(request: FastifyRequest, reading: MultipartReading): Promise<JobOptions> {
  const { maxBytes, sink, takes, fields } = reading;
  const form = new MultipartReader(bodyOf(request), request.headers['content-type'] ?? '');
  let count = 0;
  const budget = new ByteBudget(maxBytes);
  const seen = new Set<UploadPart['role']>();
  for await (const part of form.parts()) {
    const role = FILES.get(part.name);
    if (role !== undefined) {
      if (seen.has(role)) throw new Problem(role === 'input' ? 'multiple-images' : 'multiple-backgrounds');
      seen.add(role);
      await sink(role, capped(part.body, budget));
    } else if (part.isFile) {
      throw missingImage();
    } else {
      if (++count > MAX_FIELDS) throw new Problem('invalid-request');
      const value = await fieldValue(part.body);
      if (!takes(part.name, value)) fields.push([part.name, value]);
    }
  }
  if (!seen.has('input')) throw missingImage();
  const options = parseOptions(fields);
  if (seen.has('background')) checkBackground(options);
  return options;
}

const missingImage = (): Problem =>
  new Problem('missing-image', {
    detail: 'Send the bytes as the body, or one multipart file named "image"',
  });

/** A background image goes with colour, and with no other background. @throws Problem `multiple-backgrounds` | `invalid-parameter` */
export function checkBackground({ bg_color, channels }: JobOptions): void {
  if (bg_color !== undefined) throw new Problem('multiple-backgrounds');
  if (channels === 'alpha') throw new Problem('invalid-parameter', { parameter: 'bg_image_file' });
}

/** The text of a field. @throws Problem `invalid-request` when it is longer than any option */
async function fieldValue(body: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > MAX_FIELD_BYTES) throw new Problem('invalid-request');
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces).toString('utf8');
}
