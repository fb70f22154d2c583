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
import { PeekedSource } from '../parsers/byte-cursor.js';
import { readUrlencoded } from '../parsers/urlencoded-reader.js';
import {
  ByteBudget,
  ONLY_IMAGE,
  readForm,
  type FieldTable,
  type FormContent,
  type UploadTarget,
} from './form-reader.js';

/** Media type of the body of a request in lower case, without parameters; empty when there is none. */
export const mediaTypeOf = ({ headers }: FastifyRequest): string =>
  headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';

const NO_CONTENT: FormContent = { ...ONLY_IMAGE, files: new Set() };
const URLENCODED = 'application/x-www-form-urlencoded';

/** A body: the fields of a form, or an image. */
type Body = { fields: AsyncIterable<FormField> } | { image: AsyncIterable<Buffer> };

/** Options of reading a body. */
export interface BodyCall {
  table: FieldTable;
  target: UploadTarget;
  /** Called before a body that is the image is read. @throws Problem when the request is rejected */
  beforeImage?: () => void;
}

/**
 * Reads the body of a request. Its first bytes decide whether it is an image, or a form in one of three encodings.
 * Content-Type only decides where the bytes do not, since clients send any value.
 * @throws Problem as `readForm` and the readers of the three encodings
 */
export async function readUpload(request: FastifyRequest, call: BodyCall): Promise<FormContent> {
  if (!hasBody(request.raw)) return NO_CONTENT;
  const { maxBytes } = call.target;
  const reader = bodyReaderOf(request.raw).limitTo(maxBodyBytes(request, maxBytes), maxBytes);
  const source = new PeekedSource(reader);
  try {
    const head = await source.peek(HEAD_BYTES);
    return head.length === 0 ? NO_CONTENT : await readBody(bodyOf(source, head, request, call.table), call);
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

/** The body that starts with `head`. */
function bodyOf(source: PeekedSource, head: Buffer, request: FastifyRequest, table: FieldTable): Body {
  if (startsAsImage(head)) return { image: source.pieces() };
  source.skip(markBytes(head));
  return formIn(source, head, { request, table }) ?? imageIn(source, head);
}

const imageIn = (source: PeekedSource, head: Buffer): Body => ({
  image: startsAsBase64(head) ? readBase64(source.pieces()) : source.pieces(),
});

/** The form in a body; undefined when it is not a form. */
function formIn(
  source: PeekedSource,
  head: Buffer,
  { request, table }: { request: FastifyRequest; table: FieldTable },
): Body | undefined {
  const type = request.headers['content-type'] ?? '';
  const mediaType = mediaTypeOf(request);
  const boundary = boundaryIn(head);
  // Clients that set Content-Type themselves omit the boundary, or copy that of another form.
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
