import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { ProblemCode } from '#contracts/problem-catalog.js';
import { removebgError } from './removebg/removebg-errors.js';
import { SHADOW_TYPES, SUBJECT_TYPES, TYPE_LEVELS } from './removebg/removebg-options.js';
import {
  removebgAnswerSchema,
  removebgErrorsSchema,
  removebgAccountSchema,
} from '#contracts/removebg-view.js';
import {
  HEADERS,
  headers,
  RATE_HEADERS,
  RESULT_HEADERS,
  resultHeaders,
  type HeaderName,
} from '../openapi/headers.js';
import {
  binary,
  ENDS,
  problemsWith,
  schemaOf,
  takesKey,
  type Decorator,
  type Schema,
} from '../openapi/parts.js';
import { image } from '../jobs/jobs.openapi.js';
import { idempotencyKey, MORE_HEADERS, OPTIONS, RAW_BODY, UPLOAD_PROBLEMS } from '../jobs/submit.openapi.js';

type RequestBody = NonNullable<Parameters<typeof ApiOperation>[0]['requestBody']>;

/** Problems of a call that takes an image and returns the result. */
const PROBLEMS_OF_CALLS: readonly ProblemCode[] = [
  ...UPLOAD_PROBLEMS,
  ...(['retry-too-soon', 'retry-differs', 'result-busy', 'shutting-down'] as const),
  ...ENDS,
];

const text = (description: string, example: string, values?: readonly string[]): Schema => ({
  type: 'string',
  description,
  examples: [example],
  ...(values && { enum: [...values] }),
});

const compatible = (operation: Parameters<typeof ApiOperation>[0]): MethodDecorator[] => [
  ApiTags('compatibility'),
  ...takesKey(),
  ApiOperation(operation),
];

const cutout = (content: Record<string, { schema: Schema }>): MethodDecorator =>
  ApiResponse({
    status: 200,
    description: 'The cut-out',
    headers: { ...resultHeaders, ...headers(...MORE_HEADERS) },
    content,
  });

/** Headers that some responses of a status have. */
const perhaps = (names: readonly HeaderName[]): Record<string, object> =>
  Object.fromEntries(names.map((name) => [name, { ...HEADERS[name], required: false }]));

/** Errors in the shape of remove.bg, one response a status. */
function removebgErrors(codes: readonly ProblemCode[]): MethodDecorator[] {
  const byStatus = new Map<number, Set<string>>();
  for (const { status, code } of codes.map(removebgError)) {
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(`\`${code}\``));
  }
  return [...byStatus].map(([status, names]) =>
    ApiResponse({
      status,
      description: [...names].join(', '),
      headers: {
        ...headers('Cache-Control', 'Retry-After', ...MORE_HEADERS),
        ...perhaps(['Vary', 'X-Type', 'X-Credits-Charged']),
      },
      content: { 'application/json': { schema: schemaOf(removebgErrorsSchema) } },
    }),
  );
}

const REMOVEBG_FIELDS: Record<string, Schema> = {
  image_file_b64: { type: 'string', description: 'The image in base64, perhaps as a data URL' },
  image_url: { type: 'string', description: 'Address of the image; refused where this server fetches none' },
  ...OPTIONS,
  size: { ...OPTIONS['size'], default: 'preview' },
  format: { ...OPTIONS['format'], default: 'auto' },
  bg_image_url: {
    type: 'string',
    description: 'Address of a background; refused unless the operator has enabled it',
  },
  type: text('Kind of subject: `X-Type` repeats it', 'product', SUBJECT_TYPES),
  type_level: text('`none`: no `X-Type`', 'none', TYPE_LEVELS),
  shadow_type: text('`none`, or the one shadow there is', 'none', SHADOW_TYPES),
};

function removebgBody(): RequestBody {
  const object: Schema = { type: 'object', properties: REMOVEBG_FIELDS };
  const files = { image_file: binary, bg_image_file: binary };
  const form: Schema = { type: 'object', properties: { ...files, ...REMOVEBG_FIELDS } };
  return {
    required: true,
    content: {
      'multipart/form-data': { schema: form },
      'application/x-www-form-urlencoded': { schema: object },
      'application/json': { schema: object },
    },
  };
}

/** Describes `POST /v1.0/removebg`. */
export const DescribeRemovebg = (): Decorator =>
  applyDecorators(
    ...compatible({
      operationId: 'removebg',
      summary: 'remove.bg v1.0: an image in, its cut-out in the response',
      description:
        'Exactly one of `image_file`, `image_file_b64` and `image_url`; empty fields count as absent and unknown ones ' +
        'are ignored. The body may also be the image itself, with options in the query. A client that closes the connection cancels its image.',
      requestBody: removebgBody(),
    }),
    idempotencyKey(),
    ApiResponse({
      status: 200,
      description: 'The cut-out, or JSON around it when `Accept` names nothing but `application/json`',
      headers: {
        // JSON around an image has its own type, and no file name.
        ...perhaps(RESULT_HEADERS),
        ...headers('Cache-Control', 'Vary', 'X-Type', 'X-Credits-Charged', ...MORE_HEADERS),
      },
      content: { ...image, 'application/json': { schema: schemaOf(removebgAnswerSchema) } },
    }),
    ...removebgErrors(PROBLEMS_OF_CALLS),
  );

/** Describes `GET /v1.0/account`. */
export const DescribeRemovebgAccount = (): Decorator =>
  applyDecorators(
    ...compatible({
      operationId: 'removebgAccount',
      summary: 'remove.bg v1.0: credits, of which there are none; `GET /v1/account` returns the limits',
    }),
    ApiResponse({
      status: 200,
      description: 'The same for every caller',
      headers: headers('Cache-Control'),
      content: { 'application/json': { schema: schemaOf(removebgAccountSchema) } },
    }),
    ...removebgErrors(['key-invalid']),
  );

/** A form with one file, or nothing but the image. */
function formBody(file: string, fields: Record<string, Schema>): RequestBody {
  const properties = { [file]: { ...binary, description: 'The image' }, ...fields };
  return {
    required: true,
    content: {
      ...RAW_BODY,
      'multipart/form-data': { schema: { type: 'object', required: [file], properties } },
    },
  };
}

/** Describes `POST /api/remove-bg`. */
export const DescribePlain = (): Decorator =>
  applyDecorators(
    ...compatible({
      operationId: 'removeBackground',
      summary: 'An image in, its cut-out in the response',
      description:
        'As `POST /v1/jobs`: all options may be fields, or query parameters beside a raw image; without any the ' +
        'response is a PNG.',
      requestBody: formBody('image', { bg_image_file: binary, ...OPTIONS }),
    }),
    idempotencyKey(),
    cutout(image),
    ...problemsWith(MORE_HEADERS, PROBLEMS_OF_CALLS),
  );

const REMBG_FIELDS: Record<string, Schema> = {
  model: text('A model on offer here, or the name of one of rembg', 'u2net'),
  om: { type: 'boolean', description: 'Only the mask' },
  bgc: text('Background colour: `r,g,b` or `r,g,b,a`, 0 to 255 each', '255,255,255,255'),
  a: { type: 'boolean', description: 'Refined edges, which is the default here' },
};

const png = { 'image/png': { schema: binary } };

const rembgQuery = (): MethodDecorator[] =>
  Object.entries(REMBG_FIELDS).map(([name, { description, ...schema }]) =>
    ApiQuery({ name, required: false, description: description ?? '', schema }),
  );

/** Describes `POST /api/remove`. */
export const DescribeRembg = (): Decorator =>
  applyDecorators(
    ...compatible({
      operationId: 'rembg',
      summary: 'rembg: a form with a file in, a PNG in the response',
      description: 'As in `rembg s`. Parameters are fields or query parameters; others are ignored.',
      requestBody: formBody('file', REMBG_FIELDS),
    }),
    idempotencyKey(),
    ...rembgQuery(),
    cutout(png),
    ...problemsWith(MORE_HEADERS, PROBLEMS_OF_CALLS),
  );

/** Describes `GET /api/remove`. */
export const DescribeRembgUrl = (): Decorator =>
  applyDecorators(
    ...compatible({
      operationId: 'rembgFromUrl',
      summary:
        'rembg: the address of an image in, a PNG in the response; refused unless the operator has enabled it',
    }),
    ApiQuery({
      name: 'url',
      required: true,
      description: 'Address of the image',
      schema: { type: 'string', examples: ['https://example.com/photo.jpg'] },
    }),
    ...rembgQuery(),
    cutout(png),
    ...problemsWith(RATE_HEADERS, PROBLEMS_OF_CALLS),
  );
