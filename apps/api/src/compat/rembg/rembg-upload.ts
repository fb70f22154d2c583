import type { FastifyRequest } from 'fastify';
import { Problem } from '#contracts/problem.catalogue.js';
import { maxBodyBytes } from '../../http/fastify-adapter.js';
import { bodyReaderOf } from '../../parsers/body-reader.js';
import { readMultipart } from '../../parsers/multipart-reader.js';
import {
  FieldTable,
  file,
  optionFields,
  readForm,
  ByteBudget,
  type UploadSource,
} from '../../uploads/upload-source.js';
import type { RemoteImageService } from '../../uploads/remote-image.service.js';
import { REMBG_FIELDS, rembgOptions } from './rembg-options.js';
import { setTexts } from '../set-texts.js';

const FORM_TABLE = new FieldTable({ ...optionFields(REMBG_FIELDS), file: file('input') });
const NO_FIELDS: ReadonlyMap<string, string> = new Map();

/**
 * Reads a form with a `file`, as `rembg s` takes it; parameters are fields of it, or are in the query.
 * @param models available models by name, the default one first
 * @throws Problem
 */
export const rembgFormUpload =
  (models: readonly string[]): UploadSource =>
  async (request, target) => {
    const body = bodyReaderOf(request.raw).limitTo(maxBodyBytes(request, target.maxBytes));
    const fields = readMultipart(body, request.headers['content-type'] ?? '');
    const form = await readForm(fields, FORM_TABLE, target);
    if (!form.files.has('input')) {
      throw new Problem('missing-image', {
        parameter: 'file',
        detail: 'Send one multipart file named "file"',
      });
    }
    const texts = new Map([...queryOf(request), ...setTexts(form)]);
    return { options: rembgOptions(texts, models), extraFields: NO_FIELDS };
  };

/** Reads a query with a `url`. @param signal aborted when the client has disconnected. @throws Problem */
export const rembgUrlUpload =
  (models: readonly string[], images: RemoteImageService, signal: AbortSignal): UploadSource =>
  async (request, { maxBytes, writeFile }) => {
    const texts = queryOf(request);
    const url = texts.get('url');
    if (url === undefined) throw new Problem('missing-image', { parameter: 'url', detail: 'Name a "url"' });
    const options = rembgOptions(texts, models);
    const image = images.fetchFor('url', url, { signal, maxBytes });
    await writeFile('input', new ByteBudget(maxBytes).limit(image));
    return { options, extraFields: NO_FIELDS };
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
