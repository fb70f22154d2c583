import type { FastifyRequest } from 'fastify';
import { maxBodyBytes } from '../http/fastify-adapter.js';
import { hasBody } from '../http/request-body-limits.js';
import { readBase64 } from '../parsers/base64-reader.js';
import {
  boundaryIn,
  HEAD_BYTES,
  markBytes,
  startsAsBase64,
  startsAsImage,
  startsAsJson,
  startsAsUrlencoded,
} from '../parsers/body-kind.js';
import { bodyReaderOf } from '../parsers/body-reader.js';
import type { FormField } from '../parsers/form-field.js';
import { readJson } from '../parsers/json-reader.js';
import { readMultipart } from '../parsers/multipart-reader.js';
import { PeekedSource } from '../parsers/peeked-source.js';
import { readUrlencoded } from '../parsers/urlencoded-reader.js';
import {
  ByteBudget,
  ONLY_IMAGE,
  readForm,
  type FieldTable,
  type FormContent,
  type UploadTarget,
} from './form-reader.js';

/** The media type of a request's body, in lower case, without parameters; empty when there is none. */
export const mediaTypeOf = ({ headers }: FastifyRequest): string =>
  headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';

const NOTHING: FormContent = { ...ONLY_IMAGE, files: new Set() };
const URLENCODED = 'application/x-www-form-urlencoded';

/** The fields of a form, or nothing but an image. */
type Body = { fields: AsyncIterable<FormField> } | { image: AsyncIterable<Buffer> };

/** How a call reads its body. */
export interface BodyCall {
  table: FieldTable;
  target: UploadTarget;
  /** Called before an image that is the whole body is read. @throws Problem why it need not be read */
  beforeImage?: () => void;
}

/**
 * Reads what a request brings. Its first bytes decide what it is: an image, or a form in one of three encodings. The
 * type that is announced only says how to read what could be either: clients announce anything.
 * @throws Problem as `readForm` and the readers of the three encodings
 */
export async function readUpload(request: FastifyRequest, call: BodyCall): Promise<FormContent> {
  if (!hasBody(request.raw)) return NOTHING;
  const { maxBytes } = call.target;
  const reader = bodyReaderOf(request.raw).limitTo(maxBodyBytes(request, maxBytes), maxBytes);
  const source = new PeekedSource(reader);
  try {
    const head = await source.peek(HEAD_BYTES);
    return head.length === 0 ? NOTHING : await readBody(bodyOf(source, head, request, call.table), call);
  } finally {
    source.close();
  }
}

async function readBody(body: Body, { table, target, beforeImage }: BodyCall): Promise<FormContent> {
  if ('fields' in body) return readForm(body.fields, table, target);
  beforeImage?.();
  await target.writeFile('input', new ByteBudget(target.maxBytes).limit(body.image));
  return ONLY_IMAGE;
}

/** What a body is that begins with `head`. */
function bodyOf(source: PeekedSource, head: Buffer, request: FastifyRequest, table: FieldTable): Body {
  if (startsAsImage(head)) return { image: source.pieces() };
  source.skip(markBytes(head));
  return formIn(source, head, { request, table }) ?? imageIn(source, head);
}

const imageIn = (source: PeekedSource, head: Buffer): Body => ({
  image: startsAsBase64(head) ? readBase64(source.pieces()) : source.pieces(),
});

/** The form that a body is; undefined when it is none. */
function formIn(
  source: PeekedSource,
  head: Buffer,
  { request, table }: { request: FastifyRequest; table: FieldTable },
): Body | undefined {
  const type = request.headers['content-type'] ?? '';
  const mediaType = mediaTypeOf(request);
  const boundary = boundaryIn(head);
  // Clients that set the type by hand leave the boundary out, or copy that of another form.
  if (boundary !== undefined) {
    return { fields: readMultipart(source, `${mediaType}; boundary="${boundary}"`) };
  }
  if (mediaType.startsWith('multipart/')) return { fields: readMultipart(source, type) };
  if (mediaType === 'application/json' || startsAsJson(head)) return { fields: readJson(source) };
  if (mediaType === URLENCODED && startsAsUrlencoded(head)) {
    return { fields: readUrlencoded(source, table.isFile) };
  }
  return undefined;
}
