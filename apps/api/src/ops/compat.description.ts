import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { jobOptionsSchema, MIME_OF_FORMAT } from '#contracts/job.options.js';
import type { ProblemCode } from '#contracts/problem.catalogue.js';
import { removebgAccountSchema } from '../compat/removebg.account.js';
import { removebgError } from '../compat/removebg.errors.js';
import { SHADOW_TYPES, SUBJECT_TYPES, TYPE_LEVELS } from '../compat/removebg.options.js';
import { takesKey } from './account.description.js';
import {
  binary,
  problems,
  resultHeaders,
  schemaOf,
  type Decorator,
  type Schema,
} from './description.parts.js';

const removebgAnswerSchema = z.object({
  data: z.object({
    result_b64: z.string().describe('The result, base64'),
    foreground_top: z.int(),
    foreground_left: z.int(),
    foreground_width: z.int(),
    foreground_height: z.int(),
  }),
});

const removebgErrorsSchema = z.object({
  errors: z.array(z.object({ title: z.string(), code: z.string(), detail: z.string().optional() })),
});

const images = Object.fromEntries(Object.values(MIME_OF_FORMAT).map((mime) => [mime, { schema: binary }]));

const text = (description: string, values?: readonly string[]): Schema =>
  ({ type: 'string', description, ...(values && { enum: values }) }) as Schema;

/** What may go wrong before and while an image is worked on, in a call that answers with its result. */
const WHOLE_CALL: readonly ProblemCode[] = [
  ...(['invalid-request', 'invalid-parameter', 'missing-image', 'malformed-multipart'] as const),
  ...(['upload-interrupted', 'key-invalid', 'retry-too-soon', 'retry-differs'] as const),
  ...(['result-delivered', 'result-expired', 'queue-lost', 'image-too-large'] as const),
  ...(['image-type-unsupported', 'image-too-many-pixels', 'image-corrupt', 'model-unknown'] as const),
  ...(['worker-crashed', 'deadline-exceeded', 'processing-failed', 'rate-limited'] as const),
  ...(['tenant-limit', 'broker-unavailable', 'capacity-exhausted', 'shutting-down'] as const),
];

/** The same for calls that take all options. */
const ALL_OPTIONS: readonly ProblemCode[] = [
  ...(['multiple-images', 'multiple-backgrounds', 'background-corrupt'] as const),
  ...(['roi-exceeds-bounds', 'roi-empty', 'foreground-not-found'] as const),
];

/** Errors in the shape of remove.bg, one response a status. */
function removebgErrors(...codes: readonly ProblemCode[]): MethodDecorator[] {
  const byStatus = new Map<number, Set<string>>();
  for (const { status, code } of codes.map((problem) => removebgError(problem))) {
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(`\`${code}\``));
  }
  return [...byStatus].map(([status, names]) =>
    ApiResponse({
      status,
      description: [...names].join(', '),
      content: { 'application/json': { schema: schemaOf(removebgErrorsSchema) } },
    }),
  );
}

function optionSchemas(): Record<string, Schema> {
  return (schemaOf(jobOptionsSchema) as { properties?: Record<string, Schema> }).properties ?? {};
}

/** Describes `POST /v1.0/removebg`. */
export function DescribeRemovebg(): Decorator {
  const { size, format, ...options } = optionSchemas();
  const fields = {
    image_file_b64: text('The image in base64, perhaps as a data URL'),
    image_url: text('Address of the image; refused where this server fetches none'),
    ...options,
    size: { ...size, default: 'preview' } as Schema,
    format: { ...format, default: 'auto' } as Schema,
    bg_image_url: text('Address of a background; refused where this server fetches none'),
    type: text('Kind of subject: `X-Type` repeats it', SUBJECT_TYPES),
    type_level: text('`none`: no `X-Type`', TYPE_LEVELS),
    shadow_type: text('`none`, or the one shadow there is', SHADOW_TYPES),
  };
  const object = { type: 'object', properties: fields } as Schema;
  const form = {
    type: 'object',
    properties: { image_file: binary, bg_image_file: binary, ...fields },
  } as Schema;
  return applyDecorators(
    ApiTags('compatibility'),
    ...takesKey(),
    ApiOperation({
      summary: 'remove.bg v1.0: an image in, its cut-out in the answer',
      description:
        'For clients of remove.bg. Exactly one of `image_file`, `image_file_b64` and `image_url`; empty fields count ' +
        'as absent and unknown ones are passed over. A client that closes the connection cancels its image.',
    }),
    ApiBody({
      required: true,
      content: {
        'multipart/form-data': { schema: form },
        'application/x-www-form-urlencoded': { schema: object },
        'application/json': { schema: object },
      },
    } as Parameters<typeof ApiBody>[0]),
    ApiResponse({
      status: 200,
      description: 'The cut-out, or JSON around it when `Accept` names nothing but `application/json`',
      headers: {
        ...resultHeaders,
        'X-Type': { description: 'The type that was given, else `other`', schema: { type: 'string' } },
        'X-Credits-Charged': { description: '0: there are no credits', schema: { type: 'integer' } },
      },
      content: { ...images, 'application/json': { schema: schemaOf(removebgAnswerSchema) } },
    }),
    ...removebgErrors(...WHOLE_CALL, ...ALL_OPTIONS),
  );
}

/** Describes `GET /v1.0/account`. */
export const DescribeRemovebgAccount = (): Decorator =>
  applyDecorators(
    ApiTags('compatibility'),
    ...takesKey(),
    ApiOperation({
      summary: 'remove.bg v1.0: credits, of which there are none; `GET /v1/account` tells the limits',
    }),
    ApiResponse({
      status: 200,
      description: 'The same for everybody',
      content: { 'application/json': { schema: schemaOf(removebgAccountSchema) } },
    }),
    ...removebgErrors('key-invalid'),
  );

/** Describes `POST /api/remove-bg`. */
export const DescribePlain = (): Decorator =>
  applyDecorators(
    ApiTags('compatibility'),
    ...takesKey(),
    ApiOperation({
      summary: 'An image in, its cut-out in the answer',
      description: 'All options of `POST /v1/jobs` may be fields; without any the answer is a PNG.',
    }),
    formBody('image', { bg_image_file: binary, ...optionSchemas() }),
    ApiResponse({ status: 200, description: 'The cut-out', headers: resultHeaders, content: images }),
    ...problems(...WHOLE_CALL, ...ALL_OPTIONS, 'unknown-parameter'),
  );

const rembgParameters: Record<string, Schema> = {
  model: text('A model on offer here, or the name of one of rembg'),
  om: { type: 'boolean', description: 'Only the mask' },
  bgc: text('Background colour: `r,g,b` or `r,g,b,a`, 0 to 255 each'),
  a: { type: 'boolean', description: 'Refined edges, which is the default here' },
};

/** Describes `POST /api/remove`. */
export const DescribeRembg = (): Decorator =>
  applyDecorators(
    ApiTags('compatibility'),
    ...takesKey(),
    ApiOperation({
      summary: 'rembg: a form with a file in, a PNG in the answer',
      description:
        'As `rembg s` has it. Parameters are fields or stand in the query; others are passed over.',
    }),
    formBody('file', rembgParameters),
    ApiResponse({ status: 200, description: 'The cut-out', headers: resultHeaders, content: png }),
    ...problems(...WHOLE_CALL, 'multiple-images'),
  );

/** Describes `GET /api/remove`. */
export const DescribeRembgUrl = (): Decorator =>
  applyDecorators(
    ApiTags('compatibility'),
    ...takesKey(),
    ApiOperation({
      summary: 'rembg: the address of an image in, a PNG in the answer; refused where none is fetched',
    }),
    ApiQuery({ name: 'url', required: true, schema: { type: 'string' } }),
    ...Object.entries(rembgParameters).map(([name, schema]) => ApiQuery({ name, required: false, schema })),
    ApiResponse({ status: 200, description: 'The cut-out', headers: resultHeaders, content: png }),
    ...problems(...WHOLE_CALL),
  );

const png = { 'image/png': { schema: binary } };

function formBody(file: string, fields: Record<string, Schema>): MethodDecorator {
  const schema = { type: 'object', required: [file], properties: { [file]: binary, ...fields } } as Schema;
  return ApiBody({ required: true, content: { 'multipart/form-data': { schema } } } as Parameters<
    typeof ApiBody
  >[0]);
}
