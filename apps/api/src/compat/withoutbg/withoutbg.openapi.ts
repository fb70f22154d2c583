import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import type { ProblemCode } from '#contracts/problem-catalog.js';
import {
  withoutbgAlphaSchema,
  withoutbgAnswerSchema,
  withoutbgCreditSchema,
  withoutbgErrorSchema,
  withoutbgImageSchema,
} from '#contracts/withoutbg-view.js';
import { headers, RESULT_HEADERS, type HeaderName } from '../../openapi/headers.js';
import { schemaOf, type Decorator, type Schema } from '../../openapi/parts.js';
import { idempotencyKey, image, MORE_HEADERS, OPTIONS } from '../../jobs/jobs.openapi.js';
import { ADDITIONS } from '../call-values.js';
import {
  compatible,
  cutout,
  formBody,
  optionalHeaders,
  peerErrors,
  png,
  PROBLEMS_OF_CALLS,
  queryOf,
  text,
  type PeerErrors,
  type RequestBody,
} from '../compat.openapi.js';
import { snakeCase } from '../peer-errors.js';
import { statusOfCloud, statusOfLocal } from './withoutbg-errors.js';
import { APP_FORMATS, OUTPUTS } from './withoutbg-request.js';

const errorsOf = (statusOf: (code: ProblemCode) => number): PeerErrors => ({
  errorOf: (code) => ({ status: statusOf(code), code: snakeCase(code) }),
  schema: withoutbgErrorSchema,
});
const LOCAL_ERRORS = errorsOf(statusOfLocal);
const CLOUD_ERRORS = errorsOf(statusOfCloud);

const MORE_OPTIONS: Record<string, Schema> = Object.fromEntries(
  ADDITIONS.map((name) => [name, OPTIONS[name] ?? {}]),
);

/** A JSON object with the image in base64. */
const jsonBody = (name: string): RequestBody['content'] => {
  const properties = {
    [name]: { type: 'string', description: 'The image in base64, or as a data URL' } as Schema,
    ...MORE_OPTIONS,
  };
  return { 'application/json': { schema: { type: 'object', required: [name], properties } } };
};

/** The result within JSON. */
const jsonResult = (schema: z.ZodType, ...more: HeaderName[]): MethodDecorator =>
  ApiResponse({
    status: 200,
    description: 'The result',
    headers: {
      ...optionalHeaders([...RESULT_HEADERS, ...more]),
      ...headers('Cache-Control', ...MORE_HEADERS),
    },
    content: { 'application/json': { schema: schemaOf(schema) } },
  });

const OUTPUT = text('`cutout`, or `matte` for its alpha as a gray PNG', 'matte', OUTPUTS);

/** Describes `POST /v1/remove-background`. */
export const DescribeLocal = (): Decorator => {
  const form = formBody('image', { output: OUTPUT, ...MORE_OPTIONS });
  return applyDecorators(
    ...compatible({
      operationId: 'withoutbgLocal',
      summary: 'Remove a background (withoutBG, local server)',
      description:
        'Compatible with the local server of withoutBG, which its GIMP plug-in calls.\n\nFor an image or a form the response is ' +
        'a PNG. For a body in JSON it is the cut-out and its alpha as data URLs.',
      requestBody: { ...form, content: { ...form.content, ...jsonBody('image') } },
    }),
    idempotencyKey(),
    ...queryOf({ output: OUTPUT }),
    ApiResponse({
      status: 200,
      description: 'The PNG, or both in JSON',
      headers: {
        ...optionalHeaders(RESULT_HEADERS),
        ...headers('Cache-Control', 'X-Latency-Ms', ...MORE_HEADERS),
      },
      content: { ...png, 'application/json': { schema: schemaOf(withoutbgAnswerSchema) } },
    }),
    ...peerErrors(LOCAL_ERRORS, PROBLEMS_OF_CALLS),
  );
};

interface CloudOperation {
  operationId: string;
  summary: string;
  body: RequestBody['content'];
  answer: MethodDecorator;
}

const cloud = ({ operationId, summary, body, answer }: CloudOperation): Decorator =>
  applyDecorators(
    ...compatible({
      operationId,
      summary: `${summary} (withoutBG, cloud API)`,
      description: 'Compatible with the cloud API of withoutBG, which its Python package calls.',
      requestBody: { required: true, content: body },
    }),
    idempotencyKey(),
    answer,
    ...peerErrors(CLOUD_ERRORS, PROBLEMS_OF_CALLS),
  );

const fileBody = (fields: Record<string, Schema> = {}): RequestBody['content'] =>
  formBody('file', { ...fields, ...MORE_OPTIONS }).content;

/** Describes `POST /v1.0/image-without-background`. */
export const DescribeImage = (): Decorator =>
  cloud({
    operationId: 'withoutbgImage',
    summary: 'Remove a background',
    body: fileBody(),
    answer: cutout(png),
  });

/** Describes `POST /v1.0/image-without-background-base64`. */
export const DescribeImageBase64 = (): Decorator =>
  cloud({
    operationId: 'withoutbgImageBase64',
    summary: 'Remove a background, base64',
    body: jsonBody('image_base64'),
    answer: jsonResult(withoutbgImageSchema),
  });

/** Describes `POST /v1.0/alpha-channel`. */
export const DescribeAlpha = (): Decorator =>
  cloud({
    operationId: 'withoutbgAlpha',
    summary: 'Get the alpha of a cut-out',
    body: fileBody(),
    answer: cutout(png),
  });

/** Describes `POST /v1.0/alpha-channel-base64`. */
export const DescribeAlphaBase64 = (): Decorator =>
  cloud({
    operationId: 'withoutbgAlphaBase64',
    summary: 'Get the alpha of a cut-out, base64',
    body: jsonBody('image_base64'),
    answer: jsonResult(withoutbgAlphaSchema),
  });

const APP_FIELDS: Record<string, Schema> = {
  format: { ...text('Format of the result', 'png', APP_FORMATS), default: 'png' },
  quality: {
    type: 'integer',
    minimum: 1,
    maximum: 100,
    default: 95,
    description: 'Quality of a JPEG or WebP',
  },
};

/** Describes `POST /api/remove-background`. */
export const DescribeApp = (): Decorator =>
  applyDecorators(
    ...compatible({
      operationId: 'withoutbgApp',
      summary: 'Remove a background (withoutBG, web app of 2025)',
      description: 'Compatible with the web app of withoutBG from 2025, which was self-hosted with Docker.',
      requestBody: { required: true, content: fileBody(APP_FIELDS) },
    }),
    idempotencyKey(),
    cutout(image),
    ...peerErrors(CLOUD_ERRORS, PROBLEMS_OF_CALLS),
  );

/** Describes `GET /available-credit`. */
export const DescribeCredit = (): Decorator =>
  applyDecorators(
    ...compatible({
      operationId: 'withoutbgCredit',
      summary: 'Get the credits (withoutBG)',
      description:
        'Constants for clients that check: every call is free. `GET /v1/account` returns the limits.',
    }),
    ApiResponse({
      status: 200,
      description: 'The same for every caller',
      headers: headers('Cache-Control'),
      content: { 'application/json': { schema: schemaOf(withoutbgCreditSchema) } },
    }),
    ...peerErrors(CLOUD_ERRORS, ['key-invalid']),
  );
