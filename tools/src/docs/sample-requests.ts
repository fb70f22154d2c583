import { authorizationOf, bodyTypesOf } from './fields.js';
import type { ApiDocument, Operation } from './open-api.js';

/** A request that can be pasted: what the code of a page sends, and what its form is filled with. */
export interface SampleRequest {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  /** Fields of a form; a value that begins with `@` is the path of a file. */
  form: Record<string, string>;
  /** Member of a JSON body that is the photo in base64. */
  base64?: string;
  /** File that the response is written to. */
  output?: string;
  /** What the variables `ID` and `TOKEN` are of. */
  subject?: 'job' | 'batch';
  /** The response is a stream of events. */
  isStream: boolean;
}

type Chosen = Partial<Pick<SampleRequest, 'path' | 'query' | 'headers' | 'form' | 'base64' | 'output'>>;

/** Values of the requests that have any. All other operations need none. */
export const CHOSEN: Record<string, Chosen> = {
  submitJob: {
    headers: { Prefer: 'wait=60' },
    form: { image: '@photo.jpg', crop: 'true', crop_margin: '5%' },
    output: 'cutout.png',
  },
  getResult: { query: { wait: '60' }, output: 'cutout.png' },
  getReceipt: { query: { wait: '60' } },
  addToBatch: { form: { image: '@photo.jpg', custom_id: 'shoes/4711.jpg' } },
  nextResult: { query: { wait: '60' }, output: 'next.png' },
  getArchive: { output: 'results.zip' },
  removebg: { form: { image_file: '@photo.jpg', size: 'auto' }, output: 'no-bg.png' },
  photoroomSegment: { form: { image_file: '@photo.jpg', size: 'hd', crop: 'true' }, output: 'cutout.png' },
  withoutbgLocal: { form: { image: '@photo.jpg' }, query: { output: 'matte' }, output: 'matte.png' },
  withoutbgImage: { form: { file: '@photo.jpg' }, output: 'cutout.png' },
  withoutbgImageBase64: { base64: 'image_base64', output: 'cutout.json' },
  withoutbgAlpha: { form: { file: '@photo.jpg' }, output: 'alpha.png' },
  withoutbgAlphaBase64: { base64: 'image_base64', output: 'alpha.json' },
  withoutbgApp: { form: { file: '@photo.jpg', format: 'webp' }, output: 'cutout.webp' },
  removeBackground: { form: { image: '@photo.jpg', bg_color: 'white', format: 'jpg' }, output: 'cutout.jpg' },
  rembg: { form: { file: '@photo.jpg', a: 'true' }, output: 'cutout.png' },
  rembgFromUrl: { query: { url: 'https://example.com/photo.jpg' }, output: 'cutout.png' },
  getProblem: { path: '/problems/missing-image' },
};

/** The request that the page of an operation shows. */
export function sampleOf(document: ApiDocument, operation: Operation): SampleRequest {
  const { path, query = {}, headers = {}, form = {}, base64, output } = CHOSEN[operation.operationId] ?? {};
  const kind = authorizationOf(document, operation)?.kind;
  const types = Object.keys(operation.responses['200']?.content ?? {});
  return {
    ...{ method: operation.method, path: path ?? operation.path, query, headers },
    form: bodyTypesOf(operation).form === undefined ? {} : form,
    ...(base64 !== undefined && { base64 }),
    ...(output !== undefined && { output }),
    ...(kind !== undefined && kind !== 'key' && { subject: kind }),
    isStream: types.length === 1 && types[0] === 'text/event-stream',
  };
}
