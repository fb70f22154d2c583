import type { FastifyRequest } from 'fastify';
import type { UploadPart } from '#broker/job.record.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { MOST_URL_CHARACTERS } from '#fetcher/url.rules.js';
import { maxBodyBytes } from '../../http/fastify-adapter.js';
import { bodyReaderOf } from '../../parsers/body-reader.js';
import type { FormField } from '../../parsers/form-field.js';
import { readJson } from '../../parsers/json-reader.js';
import { readMultipart } from '../../parsers/multipart-reader.js';
import { readUrlencoded } from '../../parsers/urlencoded-reader.js';
import {
  FieldTable,
  file,
  optionFields,
  text,
  readForm,
  checkBackground,
  ByteBudget,
  mediaTypeOf,
  repeatedFile,
  type UploadSource,
} from '../../uploads/upload-source.js';
import type { RemoteImageService } from '../../uploads/remote-image.service.js';
import { REMOVEBG_FIELDS, removebgWish } from './removebg-options.js';
import { setTexts } from '../set-texts.js';

/** What `X-Type` is to say, among the extra fields of an upload. */
export const TYPE = 'type';

const BASE64_FIELD = 'image_file_b64';
const SOURCES = 'Exactly one of image_file, image_file_b64 and image_url';

/** Fields that name an image by its address. */
const URLS: readonly [parameter: string, role: UploadPart['role']][] = [
  ['image_url', 'input'],
  ['bg_image_url', 'background'],
];

const TEXTS = {
  ...optionFields(REMOVEBG_FIELDS),
  ...Object.fromEntries(URLS.map(([name]) => [name, text(MOST_URL_CHARACTERS)])),
  [BASE64_FIELD]: file('input', 'base64'),
};
const TEXT_TABLE = new FieldTable(TEXTS);
const FORM_TABLE = new FieldTable({
  ...TEXTS,
  image_file: file('input'),
  bg_image_file: file('background'),
});

/**
 * Reads one upload as remove.bg takes it: a multipart or urlencoded form, or a JSON object.
 * @param signal aborted when the client has disconnected
 * @throws Problem `missing-image` | `multiple-images` | `multiple-backgrounds` and others
 */
export const removebgUpload =
  (images: RemoteImageService, signal: AbortSignal): UploadSource =>
  async (request, target) => {
    const { maxBytes, writeFile } = target;
    const form = await readForm(fieldsOf(request, maxBytes), tableOf(request), target);
    const texts = setTexts(form);
    const wanted = URLS.filter(([parameter]) => texts.has(parameter));
    const twice = wanted.find(([, role]) => form.files.has(role));
    if (twice !== undefined) throw repeatedFile(twice[1]);
    const roles = new Set([...form.files, ...wanted.map(([, role]) => role)]);
    if (!roles.has('input')) throw new Problem('missing-image', { detail: SOURCES });
    const { options, type } = removebgWish(texts);
    if (roles.has('background')) checkBackground(options);
    for (const [parameter, role] of wanted) {
      const image = images.fetchFor(parameter, texts.get(parameter) ?? '', { signal, maxBytes });
      await writeFile(role, new ByteBudget(maxBytes).limit(image));
    }
    return { options, extraFields: new Map(type === undefined ? [] : [[TYPE, type]]) };
  };

/** Only a form with parts has files that are not in base64. */
const tableOf = (request: FastifyRequest): FieldTable =>
  mediaTypeOf(request) === 'multipart/form-data' ? FORM_TABLE : TEXT_TABLE;

/** @throws Problem `missing-image` | `invalid-request` for another type of body */
function fieldsOf(request: FastifyRequest, maxBytes: number): AsyncIterable<FormField> {
  const body = bodyReaderOf(request.raw).limitTo(maxBodyBytes(request, maxBytes));
  switch (mediaTypeOf(request)) {
    case 'multipart/form-data':
      return readMultipart(body, request.headers['content-type'] ?? '');
    case 'application/x-www-form-urlencoded':
      return readUrlencoded(body, (name) => TEXT_TABLE.find(name)?.name === BASE64_FIELD);
    case 'application/json':
      return readJson(body);
    case '':
      throw new Problem('missing-image', { detail: SOURCES });
    default:
      throw new Problem('invalid-request', {
        detail:
          'The body is to be multipart/form-data, application/x-www-form-urlencoded or application/json',
      });
  }
}
