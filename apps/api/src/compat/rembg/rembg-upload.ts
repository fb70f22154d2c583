import type { FastifyRequest } from 'fastify';
import { Problem } from '#contracts/problem-catalog.js';
import { setTexts } from '../set-texts.js';
import { ByteBudget, FieldTable, file, optionFields } from '../../uploads/form-reader.js';
import type { RemoteImageService } from '../../uploads/remote-image.service.js';
import { readUpload } from '../../uploads/upload-body.js';
import { missingImage, type UploadSource } from '../../uploads/upload-source.js';
import { REMBG_FIELDS, rembgOptions } from './rembg-options.js';

const FILE = 'file';
const TABLE = new FieldTable({ ...optionFields(REMBG_FIELDS), [FILE]: file('input') });
const NO_FIELDS: ReadonlyMap<string, string> = new Map();

/**
 * Reads a form with a `file`, as `rembg s` takes it, or a body that is the image itself; parameters are fields of the
 * form, or are in the query.
 * @param models available models by name, the default one first
 * @throws Problem
 */
export const rembgFormUpload =
  (models: readonly string[]): UploadSource =>
  async (request, target) => {
    const query = queryOf(request);
    const beforeImage = (): void => void rembgOptions(query, models);
    const form = await readUpload(request, { table: TABLE, target, beforeImage });
    if (!form.files.has('input')) throw missingImage([FILE], form);
    const texts = new Map([...query, ...setTexts(form)]);
    return { options: rembgOptions(texts, models), extraFields: NO_FIELDS, ignored: [] };
  };

/** Reads a query with a `url`. @param signal aborted when the client has disconnected. @throws Problem */
export const rembgUrlUpload =
  (models: readonly string[], images: RemoteImageService, signal: AbortSignal): UploadSource =>
  async (request, { maxBytes, writeFile }) => {
    const texts = queryOf(request);
    const url = texts.get('url');
    if (url === undefined)
      throw new Problem('missing-image', {
        ...{ parameter: 'url', expected: ['url'], found: [] },
        detail: 'Give the address of the image as ?url=, or POST a form with the image as "file".',
      });
    const options = rembgOptions(texts, models);
    const image = images.fetchFor('url', url, { signal, maxBytes });
    await writeFile('input', new ByteBudget(maxBytes).limit(image));
    return { options, extraFields: NO_FIELDS, ignored: [] };
  };

/** Parameters of the query that are not empty. */
function queryOf(request: FastifyRequest): Map<string, string> {
  const query = Object.entries(request.query as Record<string, string | string[]>);
  return new Map(
    query
      .map(([name, value]): [string, string] => [name, Array.isArray(value) ? (value.at(-1) ?? '') : value])
      .filter(([, value]) => value !== ''),
  );
}
