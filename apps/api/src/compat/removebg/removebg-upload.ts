import type { FastifyRequest } from 'fastify';
import type { FileRole } from '#broker/records/job-record.js';
import { MAX_URL_CHARACTERS } from '#fetcher/url-rules.js';
import { ByteBudget, FieldTable, file, optionFields, repeatedFile, text } from '../../uploads/form-reader.js';
import type { RemoteImageService } from '../../uploads/remote-image.service.js';
import { readUpload } from '../../uploads/upload-body.js';
import { checkBackground, missingImage, type UploadSource } from '../../uploads/upload-source.js';
import { setTexts } from '../set-texts.js';
import { REMOVEBG_FIELDS, removebgWish } from './removebg-options.js';

/** What `X-Type` is to say, among the extra fields of an upload. */
export const TYPE = 'type';

/** Fields that name an image by its address. */
const URLS: readonly [parameter: string, role: FileRole][] = [
  ['image_url', 'input'],
  ['bg_image_url', 'background'],
];

const SOURCES = ['image_file', 'image_file_b64', 'image_url'];

const TABLE = new FieldTable({
  ...optionFields(REMOVEBG_FIELDS),
  ...Object.fromEntries(URLS.map(([name]) => [name, text(MAX_URL_CHARACTERS)])),
  image_file: file('input', 'any'),
  image_file_b64: file('input', 'base64'),
  bg_image_file: file('background', 'any'),
});

/**
 * Reads one upload as remove.bg takes it: a multipart or urlencoded form, or a JSON object; or a body that is the image
 * itself, with options in the query.
 * @param signal aborted when the client has disconnected
 * @throws Problem `missing-image` | `multiple-images` | `multiple-backgrounds` and others
 */
export const removebgUpload =
  (images: RemoteImageService, signal: AbortSignal): UploadSource =>
  async (request, target) => {
    const { maxBytes, writeFile } = target;
    const query = optionsInQuery(request);
    const beforeImage = (): void => void removebgWish(new Map(query));
    const form = await readUpload(request, { table: TABLE, target, beforeImage });
    const texts = new Map([...query, ...setTexts(form)]);
    const wanted = URLS.filter(([parameter]) => texts.has(parameter));
    const twice = wanted.find(([, role]) => form.files.has(role));
    if (twice !== undefined) throw repeatedFile(twice[1]);
    const roles = new Set([...form.files, ...wanted.map(([, role]) => role)]);
    if (!roles.has('input')) throw missingImage(SOURCES, form);
    const { options, type } = removebgWish(texts);
    if (roles.has('background')) checkBackground(options);
    for (const [parameter, role] of wanted) {
      const image = images.fetchFor(parameter, texts.get(parameter) ?? '', { signal, maxBytes });
      await writeFile(role, new ByteBudget(maxBytes).limit(image));
    }
    return { options, extraFields: new Map(type === undefined ? [] : [[TYPE, type]]), ignored: [] };
  };

/** Image options in the query, for a body that is nothing but the image. Addresses are never read from there. */
function optionsInQuery(request: FastifyRequest): [string, string][] {
  const query = Object.entries(request.query as Record<string, unknown>);
  return query.filter(
    (entry): entry is [string, string] => REMOVEBG_FIELDS.includes(entry[0]) && typeof entry[1] === 'string',
  );
}
