import type { FastifyRequest } from 'fastify';
import type { UploadPart } from '#broker/job.record.js';
import { jobOptionsSchema, type JobOptions } from '#contracts/job.options.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { wipe } from '#vault/wipe.js';
import { MOST_URL_CHARACTERS } from '#fetcher/url.rules.js';
import { whileConnected } from '../http/request-preferences.js';
import { maxBodyBytes } from '../http/fastify-adapter.js';
import { bodyReaderOf } from '../parsers/body-reader.js';
import type { FormField, ValueKind } from '../parsers/form-field.js';
import { readJson } from '../parsers/json-reader.js';
import { readMultipart } from '../parsers/multipart-reader.js';
import type { RemoteImageService } from './remote-image.service.js';
import { readBase64 } from '../parsers/base64-reader.js';

/** Consumes the bytes of a file as they arrive, each piece before it asks for the next. */
export type FileWriter = (role: UploadPart['role'], bytes: AsyncIterable<Buffer>) => Promise<void>;

/** Content of a request beside its files. */
export interface UploadContent {
  options: JobOptions;
  /** Values of fields that are not image options, by name. */
  extraFields: ReadonlyMap<string, string>;
}

/** Receives the files of an upload. */
export interface UploadTarget {
  /** Limit in bytes on all files of a request together. */
  maxBytes: number;
  writeFile: FileWriter;
}

/**
 * Reads the image, maybe a background, and the options that a request brings. Files are written to the target as they arrive.
 * @throws Problem why the request is rejected
 */
export type UploadSource = (request: FastifyRequest, target: UploadTarget) => Promise<UploadContent>;

/** Bytes that the files of one request may still have. */
export class ByteBudget {
  constructor(private leftBytes: number) {}

  /** The file as it arrives; each piece is wiped once the next is asked for. @throws Problem `image-too-large` beyond the budget | `missing-image` when it is empty */
  async *limit(file: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
    let isEmpty = true;
    for await (const piece of file) {
      try {
        isEmpty &&= piece.length === 0;
        this.leftBytes -= piece.length;
        if (this.leftBytes < 0) throw new Problem('image-too-large');
        yield piece;
      } finally {
        wipe(piece);
      }
    }
    if (isEmpty) throw new Problem('missing-image');
  }
}

/** The media type of a request's body, in lower case, without parameters; empty when there is none. */
export const mediaTypeOf = ({ headers }: FastifyRequest): string =>
  headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';

/** A second image, or background, where one is taken. */
export const repeatedFile = (role: UploadPart['role']): Problem =>
  new Problem(role === 'input' ? 'multiple-images' : 'multiple-backgrounds');

/** Validates image options. A field given empty counts as absent. @throws Problem `invalid-parameter` | `unknown-parameter` */
export function parseOptions(fields: Iterable<[string, unknown]>): JobOptions {
  const given = [...fields].filter(([, value]) => value !== '');
  const parsed = jobOptionsSchema.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  const parameter = parsed.error.issues[0]?.path[0];
  if (typeof parameter === 'string') throw new Problem('invalid-parameter', { parameter });
  throw unknownParameter();
}

/** A name that is not known; which one is not said. */
export const unknownParameter = (): Problem =>
  new Problem('unknown-parameter', {
    detail: `Known parameters: ${Object.keys(jobOptionsSchema.shape).join(', ')}`,
  });

/** A background image goes with color, and with no other background. @throws Problem `multiple-backgrounds` | `invalid-parameter` */
export function checkBackground({ bg_color, channels }: JobOptions): void {
  if (bg_color !== undefined) throw new Problem('multiple-backgrounds');
  if (channels === 'alpha') throw new Problem('invalid-parameter', { parameter: 'bg_image_file' });
}

const RAW_TYPES = new Set(['image/jpeg', 'image/png', 'image/webp', 'application/octet-stream']);

/** Query parameters that are not image options. */
const NOT_OPTIONS = new Set(['token', 'wait']);

/** Field with the address of the image, in a form or a JSON object. Never read from a query: proxies log queries. */
const ADDRESS = 'image_url';

/** True when a request may name its image by address: the size of the image is then not the announced one. */
export const mayNameAddress = (request: FastifyRequest): boolean =>
  ['multipart/form-data', 'application/json'].includes(mediaTypeOf(request));

/**
 * Reads uploads to the service's own calls: a raw body with options in the query; multipart with one file named
 * `image`, maybe another named `bg_image_file`, and options as fields; or JSON with options. Form and JSON may name
 * the image's address in `image_url`; then it is fetched from there.
 * @param extra fields that a call has beside the options, with the bound of each
 * @throws Problem `missing-image` | `multiple-images` | `multiple-backgrounds` | `image-too-large` |
 * `malformed-multipart` | `image-url-off` and others
 */
export function nativeUpload(
  images: RemoteImageService,
  extra: Record<string, FieldSpec> = {},
): UploadSource {
  const texts = { ...optionFields(), [ADDRESS]: text(MOST_URL_CHARACTERS), ...extra };
  const json = new FieldTable(texts);
  const form = new FieldTable({ ...texts, image: file('input'), bg_image_file: file('background') });
  return async (request, target) => {
    const body = bodyReaderOf(request.raw).limitTo(maxBodyBytes(request, target.maxBytes));
    const values = new Values(request, Object.keys(extra));
    const type = mediaTypeOf(request);
    if (type === 'multipart/form-data') {
      const fields = readMultipart(body, request.headers['content-type'] ?? '');
      return takeForm(fields, form, { request, images, values, target });
    }
    if (type === 'application/json') {
      return takeForm(readJson(body), json, { request, images, values, target });
    }
    if (!RAW_TYPES.has(type)) throw new Problem('image-type-unsupported');
    const content = values.parse();
    await target.writeFile('input', new ByteBudget(target.maxBytes).limit(body.pieces()));
    return content;
  };
}

interface Call {
  request: FastifyRequest;
  images: RemoteImageService;
  values: Values;
  target: UploadTarget;
}

async function takeForm(
  fields: AsyncIterable<FormField>,
  table: FieldTable,
  { request, images, values, target }: Call,
): Promise<UploadContent> {
  const form = await readForm(fields, table, target);
  const address = addressIn(form);
  if (!form.files.has('input') && address === '') throw missingImage();
  if (form.hasUnknown) throw unknownParameter();
  values.add(form.texts);
  const content = values.parse();
  if (form.files.has('background')) checkBackground(content.options);
  if (address !== '') {
    const { maxBytes } = target;
    await whileConnected(request, (signal) =>
      target.writeFile('input', new ByteBudget(maxBytes).limit(images.fetch(address, { signal, maxBytes }))),
    );
  }
  return content;
}

/** The image's address; empty when there is none. @throws Problem `multiple-images` | `invalid-parameter` */
function addressIn({ texts, repeated, files }: FormContent): string {
  const address = texts.get(ADDRESS);
  if (address === undefined) return '';
  if (address.kind !== 'text') throw new Problem('invalid-parameter', { parameter: ADDRESS });
  const isSecond = files.has('input') && address.text !== '';
  if (isSecond || repeated.has(ADDRESS)) throw new Problem('multiple-images');
  return address.text;
}

/** Options and extra fields, from the query and the body. */
class Values {
  private readonly values: Map<string, unknown>;

  constructor(
    { query }: FastifyRequest,
    private readonly extra: readonly string[],
  ) {
    const given = Object.entries(query as Record<string, unknown>);
    this.values = new Map(given.filter(([name]) => !NOT_OPTIONS.has(name)));
  }

  add(texts: ReadonlyMap<string, FieldText>): void {
    for (const [name, value] of texts) if (name !== ADDRESS) this.values.set(name, valueOf(value));
  }

  /** @throws Problem `invalid-parameter` | `unknown-parameter` */
  parse(): UploadContent {
    const extraFields = new Map<string, string>();
    for (const name of this.extra) {
      const value = this.values.get(name) ?? '';
      if (typeof value !== 'string') throw new Problem('invalid-parameter', { parameter: name });
      if (value !== '') extraFields.set(name, value);
    }
    const options = [...this.values].filter(([name]) => !this.extra.includes(name));
    return { options: parseOptions(options), extraFields };
  }
}

/** The value that a text represents. Objects, arrays and `null` are no values of any option. */
function valueOf({ text: written, kind }: FieldText): unknown {
  if (kind === 'text') return written;
  return kind === 'literal' ? JSON.parse(written) : null;
}

const missingImage = (): Problem =>
  new Problem('missing-image', {
    detail: 'Send the bytes as the body, or one multipart file named "image"',
  });

/** What one field of a form holds. */
export type FieldSpec =
  | { kind: 'text'; maxBytes: number }
  | { kind: 'file'; role: UploadPart['role']; encoding: 'bytes' | 'base64' };

/** A field that is known. */
export interface KnownField {
  name: string;
  spec: FieldSpec;
}

/** Longest value of an option of the image: those that are right are shorter. */
const MAX_OPTION_BYTES = 128;

/** A text of at most `maxBytes`. */
export const text = (maxBytes: number): FieldSpec => ({ kind: 'text', maxBytes });

/** A file. */
export const file = (role: UploadPart['role'], encoding: 'bytes' | 'base64' = 'bytes'): FieldSpec => ({
  kind: 'file',
  role,
  encoding,
});

/** The fields of the image's options. */
export const optionFields = (
  names: readonly string[] = Object.keys(jobOptionsSchema.shape),
): Record<string, FieldSpec> => Object.fromEntries(names.map((name) => [name, text(MAX_OPTION_BYTES)]));

/** The fields that a form may have. Names are compared as bytes: one that is not known never becomes a string. */
export class FieldTable {
  private readonly entries: readonly (KnownField & { bytes: Buffer })[];

  constructor(specs: Record<string, FieldSpec>) {
    this.entries = Object.entries(specs).map(([name, spec]) => ({ name, spec, bytes: Buffer.from(name) }));
  }

  /** The field of that name; undefined when it is not known. */
  find(name: Buffer): KnownField | undefined {
    return this.entries.find(({ bytes }) => bytes.equals(name));
  }
}

/** Fields of one form, known or not. */
const MAX_FIELDS = 1000;

/** A text as it was sent. */
export interface FieldText {
  text: string;
  kind: ValueKind;
}

/** Content of a form. */
export interface FormContent {
  /** Known fields that are no files, by name. Of a field that comes twice the last one counts. */
  texts: ReadonlyMap<string, FieldText>;
  /** Names of texts that came more than once, each time with a value. */
  repeated: ReadonlySet<string>;
  /** Files that were written to the target. An empty one counts as absent. */
  files: ReadonlySet<UploadPart['role']>;
  /** A field of another name has come. */
  hasUnknown: boolean;
}

/**
 * Reads a form, whatever its encoding. The name of a field decides before anything of its value is copied: a known file
 * is written to the target as it arrives, a known text is bounded, everything else is skipped.
 * @throws Problem `multiple-images` | `multiple-backgrounds` | `invalid-request` for a text beyond its bound, or beyond
 * 1,000 fields
 */
export async function readForm(
  fields: AsyncIterable<FormField>,
  table: FieldTable,
  target: UploadTarget,
): Promise<FormContent> {
  const reader = new FormReader(target);
  let left = MAX_FIELDS;
  for await (const field of fields) {
    if (left-- === 0) throw new Problem('invalid-request', { detail: `More than ${MAX_FIELDS} fields` });
    const known = table.find(field.name);
    if (known === undefined) reader.hasUnknown = true;
    else await reader.read(known, field);
  }
  return reader;
}

class FormReader implements FormContent {
  readonly texts = new Map<string, FieldText>();
  readonly repeated = new Set<string>();
  readonly files = new Set<UploadPart['role']>();
  hasUnknown = false;
  private readonly budget: ByteBudget;

  constructor(private readonly target: UploadTarget) {
    this.budget = new ByteBudget(target.maxBytes);
  }

  async read({ name, spec }: KnownField, { kind, body }: FormField): Promise<void> {
    if (spec.kind === 'text') {
      const text = await readText(body, name, spec.maxBytes);
      if (text !== '' && (this.texts.get(name)?.text ?? '') !== '') this.repeated.add(name);
      this.texts.set(name, { text, kind });
      return;
    }
    if (kind === 'nested') throw new Problem('invalid-request', { detail: `${name} is to be a text` });
    const bytes = await unlessEmpty(body);
    if (bytes === undefined) return;
    if (this.files.has(spec.role)) throw repeatedFile(spec.role);
    this.files.add(spec.role);
    const file = spec.encoding === 'base64' ? readBase64(bytes) : bytes;
    await this.target.writeFile(spec.role, this.budget.limit(file));
  }
}

/** The text of a field. The memory in which it arrives is wiped. @throws Problem `invalid-request` beyond `maxBytes` */
async function readText(body: AsyncIterable<Buffer>, name: string, maxBytes: number): Promise<string> {
  const held = Buffer.allocUnsafeSlow(maxBytes);
  let length = 0;
  try {
    for await (const piece of body) {
      if (length + piece.length > maxBytes) {
        throw new Problem('invalid-request', { detail: `${name} is longer than ${maxBytes} bytes` });
      }
      length += piece.copy(held, length);
    }
    return held.toString('utf8', 0, length);
  } finally {
    wipe(held);
  }
}

/** The same bytes, or undefined when there are none. */
async function unlessEmpty(body: AsyncIterable<Buffer>): Promise<AsyncIterable<Buffer> | undefined> {
  const pieces = body[Symbol.asyncIterator]();
  let next = await pieces.next();
  if (next.done === true) return undefined;
  return (async function* (): AsyncGenerator<Buffer, void> {
    for (; next.done !== true; next = await pieces.next()) yield next.value;
  })();
}
