import type { FastifyRequest } from 'fastify';
import type { UploadPart } from '#broker/job.record.js';
import { jobOptionsSchema, type JobOptions } from '#contracts/job.options.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { MOST_URL_CHARACTERS } from '#fetcher/url.rules.js';
import { whileConnected } from '../http/disconnect-signal.js';
import type { ImageSource } from './image-source.js';
import { readJsonObject } from '../parsers/json-body.js';
import { MultipartReader, type Part } from '../parsers/multipart-reader.js';

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

/** Names the image's address in a form or a JSON text. Never read from a query: proxies log those. */
const ADDRESS = 'image_url';

/** Takes fields that are no image options, by returning true. @throws Problem when a value is wrong */
export type FieldTaker = (name: string, value: unknown) => boolean;

const takesNone: FieldTaker = () => false;

/**
 * Reads uploads to the service's own calls: a raw body with options in the query; multipart with one file named
 * `image`, maybe another named `bg_image_file`, and options as fields; or JSON with options. Form and JSON may name
 * the image's address in `image_url`; then it is fetched from there. Names of files are not read. A call that has
 * parameters beside the options takes them with `takes`.
 * @throws Problem `missing-image` | `multiple-images` | `multiple-backgrounds` | `image-too-large` |
 * `malformed-multipart` | `image-url-off` and others
 */
export const uploadReader =
  (source: ImageSource, takes = takesNone): UploadRead =>
  async (request, maxBytes, sink) => {
    const query = Object.entries(request.query as Record<string, unknown>);
    const fields = query.filter(([key, value]) => !NOT_OPTIONS.has(key) && !takes(key, value));
    const type = mediaTypeOf(request);
    const budget = new ByteBudget(maxBytes);
    const fetched: Fetching = (url) =>
      whileConnected(request, (signal) =>
        sink('input', capped(source.fetchImage(url, { signal, maxBytes }), budget)),
      );
    const reading = { sink, takes, fields, budget, fetched };
    if (type === 'multipart/form-data') return readMultipart(request, reading);
    if (type === 'application/json') return readJson(request, reading);
    if (!RAW_TYPES.has(type)) throw new Problem('image-type-unsupported');
    const options = parseOptions(fields);
    await sink('input', capped(bodyOf(request), budget));
    return options;
  };

/** The media type of a request's body, without parameters. */
const mediaTypeOf = (request: FastifyRequest): string =>
  request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';

/** True when a request may bring its image by address: how much comes is then not what it announces. */
export const mayNameAddress = (request: FastifyRequest): boolean =>
  ['multipart/form-data', 'application/json'].includes(mediaTypeOf(request));

/** Takes the image in from its address. */
type Fetching = (url: string) => Promise<void>;

async function readJson(request: FastifyRequest, { takes, fields, fetched }: Reading): Promise<JobOptions> {
  const members = await readJsonObject(bodyOf(request));
  const url = members.find(([name]) => name === ADDRESS)?.[1] ?? '';
  if (typeof url !== 'string') throw new Problem('invalid-parameter', { parameter: ADDRESS });
  if (url === '') throw missingImage();
  const named = members.filter(([name, value]) => name !== ADDRESS && !takes(name, value));
  const options = parseOptions([...fields, ...named]);
  await fetched(url);
  return options;
}

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

interface Reading {
  sink: FileSink;
  takes: FieldTaker;
  fields: [string, unknown][];
  budget: ByteBudget;
  fetched: Fetching;
}

async function readMultipart(request: FastifyRequest, reading: Reading): Promise<JobOptions> {
  const { sink, takes, fields, budget, fetched } = reading;
  const form = new MultipartReader(bodyOf(request), request.headers['content-type'] ?? '');
  const texts = new FormTexts(fields, takes);
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
      await texts.take(part);
    }
  }
  if (seen.has('input') && texts.address !== '') throw new Problem('multiple-images');
  if (!seen.has('input') && texts.address === '') throw missingImage();
  const options = parseOptions(fields);
  if (seen.has('background')) checkBackground(options);
  if (texts.address !== '') await fetched(texts.address);
  return options;
}

const missingImage = (): Problem =>
  new Problem('missing-image', {
    detail: 'Send the bytes as the body, or one multipart file named "image"',
  });

/** The texts of a form: options, and maybe the image's address. */
class FormTexts {
  /** Empty when there is none. */
  address = '';
  private left = MAX_FIELDS;

  constructor(
    private readonly fields: [string, unknown][],
    private readonly takes: FieldTaker,
  ) {}

  async take({ name, body }: Part): Promise<void> {
    if (this.left-- === 0) throw new Problem('invalid-request');
    if (name !== ADDRESS) {
      const value = await fieldValue(body, MAX_FIELD_BYTES);
      if (!this.takes(name, value)) this.fields.push([name, value]);
      return;
    }
    const value = await fieldValue(body, MOST_URL_CHARACTERS);
    if (this.address !== '' && value !== '') throw new Problem('multiple-images');
    this.address ||= value;
  }
}

/** A background image goes with colour, and with no other background. @throws Problem `multiple-backgrounds` | `invalid-parameter` */
export function checkBackground({ bg_color, channels }: JobOptions): void {
  if (bg_color !== undefined) throw new Problem('multiple-backgrounds');
  if (channels === 'alpha') throw new Problem('invalid-parameter', { parameter: 'bg_image_file' });
}

/** The text of a field. @throws Problem `invalid-request` when it is longer than `mostBytes` */
async function fieldValue(body: AsyncIterable<Buffer>, mostBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > mostBytes) throw new Problem('invalid-request');
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces).toString('utf8');
}
