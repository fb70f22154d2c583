import type { FastifyRequest } from 'fastify';
import type { UploadPart } from '#broker/job.record.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { textBodyBytes } from '../../http/fastify-adapter.js';
import { MultipartReader, type Part } from '../../parsers/multipart-reader.js';
import { bodyOf, ByteBudget, capped, checkBackground, type UploadRead } from '../../uploads/upload-reader.js';
import { repeated, takeForm, type FileFields } from '../../uploads/form-reader.js';
import type { ImageUrls } from '../../uploads/image-urls.js';
import { readJson } from '../../parsers/json-reader.js';
import { removebgWish } from './removebg-options.js';
import { readUrlencoded } from '../../parsers/urlencoded-reader.js';

const BASE64_FIELD = 'image_file_b64';

const FILES: FileFields = new Map([
  ['image_file', { role: 'input', written: 'bytes' }],
  [BASE64_FIELD, { role: 'input', written: 'base64' }],
  ['bg_image_file', { role: 'background', written: 'bytes' }],
] as const);

/** Fields that name an image by its address. */
const URLS: readonly [parameter: string, role: UploadPart['role']][] = [
  ['image_url', 'input'],
  ['bg_image_url', 'background'],
];

/** One upload as remove.bg takes it: a multipart or urlencoded form, or a flat JSON object. */
export class RemovebgUpload {
  /** What `X-Type` is to say, once the upload has been read. */
  type: string | undefined;

  constructor(
    private readonly urls: ImageUrls,
    private readonly gone: AbortSignal,
  ) {}

  /** Reads it. @throws Problem `missing-image` | `multiple-images` | `multiple-backgrounds` and others */
  readonly read: UploadRead = async (request, maxBytes, sink) => {
    const budget = new ByteBudget(maxBytes);
    const { texts, files } = await takeForm(partsOf(request, maxBytes), FILES, { sink, budget });
    const wanted = URLS.filter(([parameter]) => texts.has(parameter));
    const twice = wanted.find(([, role]) => files.has(role));
    if (twice !== undefined) throw repeated(twice[1]);
    const roles = new Set([...files, ...wanted.map(([, role]) => role)]);
    if (!roles.has('input')) throw new Problem('missing-image', { detail: SOURCES });
    const { options, type } = removebgWish(texts);
    if (roles.has('background')) checkBackground(options);
    for (const [parameter, role] of wanted) {
      const fetchImage = this.urls.fetcherFor(parameter);
      const image = fetchImage(texts.get(parameter) ?? '', { signal: this.gone, maxBytes });
      await sink(role, capped(image, budget));
    }
    this.type = type;
    return options;
  };
}

const SOURCES = 'Exactly one of image_file, image_file_b64 and image_url';

/** @throws Problem `missing-image` | `invalid-request` for another type of body */
function partsOf(request: FastifyRequest, maxBytes: number): AsyncIterable<Part> {
  const contentType = request.headers['content-type'] ?? '';
  const body = within(bodyOf(request), new ByteBudget(textBodyBytes(maxBytes)));
  switch (contentType.split(';')[0]?.trim().toLowerCase()) {
    case 'multipart/form-data':
      return new MultipartReader(body, contentType).parts();
    case 'application/x-www-form-urlencoded':
      return readUrlencoded(body, new Set([BASE64_FIELD]));
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

/** The whole body, much of which may be nothing: white space has no end. @throws Problem `image-too-large` */
async function* within(body: AsyncIterable<Buffer>, budget: ByteBudget): AsyncGenerator<Buffer, void> {
  for await (const arrived of body) {
    budget.take(arrived.length);
    yield arrived;
  }
}
