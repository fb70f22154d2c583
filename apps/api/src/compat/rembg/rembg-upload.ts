import type { FastifyRequest } from 'fastify';
import { Problem } from '#contracts/problem.catalogue.js';
import { MultipartReader } from '../../parsers/multipart-reader.js';
import { bodyOf, ByteBudget, capped, type UploadRead } from '../../uploads/upload-reader.js';
import { takeForm, type FileFields } from '../../uploads/form-reader.js';
import type { ImageUrls } from '../../uploads/image-urls.js';
import { rembgOptions } from './rembg-options.js';

const FILES: FileFields = new Map([['file', { role: 'input', written: 'bytes' }]] as const);

/** One upload as `rembg s` takes it. */
export class RembgUpload {
  /** `models`: on offer, by name, the default one first. */
  constructor(
    private readonly models: readonly string[],
    private readonly urls: ImageUrls,
    private readonly gone: AbortSignal,
  ) {}

  /** Reads a form with a `file`; parameters are fields of it, or stand in the query. @throws Problem */
  readonly readForm: UploadRead = async (request, maxBytes, sink) => {
    const form = new MultipartReader(bodyOf(request), request.headers['content-type'] ?? '');
    const budget = new ByteBudget(maxBytes);
    const { texts, files } = await takeForm(form.parts(), FILES, { sink, budget });
    if (!files.has('input')) {
      throw new Problem('missing-image', {
        parameter: 'file',
        detail: 'Send one multipart file named "file"',
      });
    }
    return rembgOptions(new Map([...queryOf(request), ...texts]), this.models);
  };

  /** Reads a query with a `url`. @throws Problem */
  readonly readUrl: UploadRead = async (request, maxBytes, sink) => {
    const texts = queryOf(request);
    const url = texts.get('url');
    if (url === undefined) throw new Problem('missing-image', { parameter: 'url', detail: 'Name a "url"' });
    const options = rembgOptions(texts, this.models);
    const image = this.urls.fetcherFor('url')(url, { signal: this.gone, maxBytes });
    await sink('input', capped(image, new ByteBudget(maxBytes)));
    return options;
  };
}

/** Parameters of the query that are not empty. */
function queryOf(request: FastifyRequest): Map<string, string> {
  const query = Object.entries(request.query as Record<string, string | string[]>);
  return new Map(
    query
      .map(([name, value]): [string, string] => [name, Array.isArray(value) ? (value.at(-1) ?? '') : value])
      .filter(([, value]) => value !== ''),
  );
}
