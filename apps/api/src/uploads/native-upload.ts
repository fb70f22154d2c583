import type { FastifyRequest } from 'fastify';
import { Problem } from '#contracts/problem.catalogue.js';
import { MOST_URL_CHARACTERS } from '#fetcher/url.rules.js';
import { whileConnected } from '../http/disconnect-signal.js';
import { maxBodyBytes } from '../http/fastify-adapter.js';
import { bodyReaderOf } from '../parsers/body-reader.js';
import type { FormField } from '../parsers/form-field.js';
import { readJson } from '../parsers/json-reader.js';
import { readMultipart } from '../parsers/multipart-reader.js';
import {
  FieldTable,
  file,
  optionFields,
  text,
  readForm,
  type FieldSpec,
  type FieldText,
  type FormContent,
} from './form-reader.js';
import type { RemoteImageService } from './remote-image.service.js';
import {
  checkBackground,
  parseOptions,
  unknownParameter,
  ByteBudget,
  mediaTypeOf,
  type UploadContent,
  type UploadSource,
  type UploadTarget,
} from './upload-source.js';

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
