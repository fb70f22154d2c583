import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import type { ProblemCode } from '#contracts/problem-catalog.js';
import { removebgError } from './removebg/removebg-errors.js';
import { SHADOW_TYPES, SUBJECT_TYPES, TYPE_LEVELS } from './removebg/removebg-request.js';
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
import {
  image,
  idempotencyKey,
  MORE_FILES,
  MORE_HEADERS,
  OPTIONS,
  RAW_BODY,
  UPLOAD_PROBLEMS,
} from '../jobs/jobs.openapi.js';

/** Body of an operation. */
export type RequestBody = Extract<
  NonNullable<Parameters<typeof ApiOperation>[0]['requestBody']>,
  { content: unknown }
>;

/** Problems of an operation that accepts an image and returns the result. */
export const PROBLEMS_OF_CALLS: readonly ProblemCode[] = [
  ...UPLOAD_PROBLEMS,
  ...(['retry-too-soon', 'retry-differs', 'result-busy', 'shutting-down'] as const),
  ...ENDS,
];

/** A field that is a text. */
export const text = (description: string, example: string, values?: readonly string[]): Schema => ({
  type: 'string',
  description,
  examples: [example],
  ...(values && { enum: [...values] }),
});

/** An operation of another API. It takes an optional API key. */
export const compatible = (operation: Parameters<typeof ApiOperation>[0]): MethodDecorator[] => [
  ApiTags('compatibility'),
  ...takesKey(),
  ApiOperation(operation),
];

/** The response with a result. */
export const cutout = (content: Record<string, { schema: Schema }>, ...more: HeaderName[]): MethodDecorator =>
  ApiResponse({
    status: 200,
    description: 'The cut-out',
    headers: { ...resultHeaders, ...headers(...MORE_HEADERS, ...more) },
    content,
  });

/** Headers of some responses of a status. */
export const optionalHeaders = (names: readonly HeaderName[]): Record<string, object> =>
  Object.fromEntries(names.map((name) => [name, { ...HEADERS[name], required: false }]));

/** How the errors of another API look. */
export interface PeerErrors {
  /** Status and name of a problem there. */
  errorOf: (code: ProblemCode) => { status: number; code: string };
  schema: z.ZodType;
  /** Headers that some responses have. */
  optional?: readonly HeaderName[];
}

/** Errors in the format of another API, one response per status. */
export function peerErrors(
  { errorOf, schema, optional = [] }: PeerErrors,
  codes: readonly ProblemCode[],
): MethodDecorator[] {
  const byStatus = new Map<number, Set<string>>();
  for (const { status, code } of codes.map(errorOf)) {
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(`\`${code}\``));
  }
  return [...byStatus].map(([status, names]) =>
    ApiResponse({
      status,
      description: [...names].join(', '),
      headers: {
        ...headers('Cache-Control', 'Retry-After', ...MORE_HEADERS),
        ...(status === 401 && headers('WWW-Authenticate')),
        ...optionalHeaders(optional),
      },
      content: { 'application/json': { schema: schemaOf(schema) } },
    }),
  );
}

const REMOVEBG_ERRORS: PeerErrors = {
  errorOf: removebgError,
  schema: removebgErrorsSchema,
  optional: ['Vary', 'X-Type', 'X-Credits-Charged'],
};

const REMOVEBG_FIELDS: Record<string, Schema> = {
  image_file_b64: { type: 'string', description: 'The image in base64, or as a data URL' },
  image_url: {
    type: 'string',
    description: 'URL of the image; rejected unless the operator has enabled downloads',
  },
  ...OPTIONS,
  size: { ...OPTIONS['size'], default: 'preview' },
  format: { ...OPTIONS['format'], default: 'auto' },
  bg_image_url: {
    type: 'string',
    description: 'URL of a background image; rejected unless the operator has enabled downloads',
  },
  type: text('Kind of subject, returned in `X-Type`', 'product', SUBJECT_TYPES),
  type_level: text('`none`: the response has no `X-Type`', 'none', TYPE_LEVELS),
  shadow_type: text(
    '`none`: no shadow; `auto`: `shadow=soft`; `drop`: `shadow=drop`; `car` and `3D`: `shadow=contact`',
    'none',
    SHADOW_TYPES,
  ),
};

function removebgBody(): RequestBody {
  const object: Schema = { type: 'object', properties: REMOVEBG_FIELDS };
  const files = { image_file: { ...binary, description: 'The image' }, ...MORE_FILES };
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
      summary: 'Remove a background (remove.bg)',
      description:
        'Compatible with remove.bg v1.0: change the address, keep the client.\n\nSend exactly one of `image_file`, `image_file_b64` and `image_url`. Empty fields count as absent, and unknown fields are ' +
        'ignored. The body may also be the image itself, with options in the query. If the client disconnects, the job is ' +
        'canceled.',
      requestBody: removebgBody(),
    }),
    idempotencyKey(),
    ApiResponse({
      status: 200,
      description: 'The cut-out, or JSON with the cut-out in base64 when `Accept` is `application/json` only',
      headers: {
        // The JSON response has no file name.
        ...optionalHeaders(RESULT_HEADERS),
        ...headers('Cache-Control', 'Vary', 'X-Type', 'X-Credits-Charged', ...MORE_HEADERS),
      },
      content: { ...image, 'application/json': { schema: schemaOf(removebgAnswerSchema) } },
    }),
    ...peerErrors(REMOVEBG_ERRORS, PROBLEMS_OF_CALLS),
  );

/** Describes `GET /v1.0/account`. */
export const DescribeRemovebgAccount = (): Decorator =>
  applyDecorators(
    ...compatible({
      operationId: 'removebgAccount',
      summary: 'Get the account (remove.bg)',
      description:
        'Compatible with remove.bg v1.0. There are no credits; `GET /v1/account` returns the limits.',
    }),
    ApiResponse({
      status: 200,
      description: 'The same for every caller',
      headers: headers('Cache-Control'),
      content: { 'application/json': { schema: schemaOf(removebgAccountSchema) } },
    }),
    ...peerErrors(REMOVEBG_ERRORS, ['key-invalid']),
  );

/** A form with one file, or the image itself. */
export function formBody(file: string, fields: Record<string, Schema>): RequestBody {
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
      summary: 'Remove a background (one request)',
      description:
        'An image in, the result out.\n\nOptions as in `POST /v1/jobs`: fields of the form, or query parameters when the body is the image. The default ' +
        'format is PNG.',
      requestBody: formBody('image', { ...MORE_FILES, ...OPTIONS }),
    }),
    idempotencyKey(),
    cutout(image),
    ...problemsWith(MORE_HEADERS, PROBLEMS_OF_CALLS),
  );

const REMBG_FIELDS: Record<string, Schema> = {
  model: text('Name of a model of this service, or of rembg', 'u2net'),
  om: { type: 'boolean', description: 'Return the mask only' },
  bgc: text('Background color: `r,g,b` or `r,g,b,a`, 0 to 255 each', '255,255,255,255'),
  a: { type: 'boolean', description: 'Refine edges, which is the default of this service' },
};

/** Content that is a PNG. */
export const png = { 'image/png': { schema: binary } };

/** Fields that may be in the query. */
export const queryOf = (fields: Record<string, Schema>): MethodDecorator[] =>
  Object.entries(fields).map(([name, { description, ...schema }]) =>
    ApiQuery({ name, required: false, description: description ?? '', schema }),
  );

/** Describes `POST /api/remove`. */
export const DescribeRembg = (): Decorator =>
  applyDecorators(
    ...compatible({
      operationId: 'rembg',
      summary: 'Remove a background (rembg)',
      description:
        'Compatible with the server of rembg (`rembg s`).\n\nParameters are form fields or query parameters; unknown ones are ignored. The response is a PNG.',
      requestBody: formBody('file', REMBG_FIELDS),
    }),
    idempotencyKey(),
    ...queryOf(REMBG_FIELDS),
    cutout(png),
    ...problemsWith(MORE_HEADERS, PROBLEMS_OF_CALLS),
  );

/** Describes `GET /api/remove`. */
export const DescribeRembgUrl = (): Decorator =>
  applyDecorators(
    ...compatible({
      operationId: 'rembgFromUrl',
      summary: 'Remove a background by URL (rembg)',
      description:
        'Downloads the image at a URL and removes its background. Rejected unless the operator has enabled downloads. The response is a PNG.',
    }),
    ApiQuery({
      name: 'url',
      required: true,
      description: 'URL of the image',
      schema: { type: 'string', examples: ['https://example.com/photo.jpg'] },
    }),
    ...queryOf(REMBG_FIELDS),
    cutout(png),
    ...problemsWith(RATE_HEADERS, PROBLEMS_OF_CALLS),
  );
