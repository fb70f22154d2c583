import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { photoroomAnswerSchema, photoroomErrorSchema } from '#contracts/photoroom-view.js';
import { headers, RESULT_HEADERS } from '../../openapi/headers.js';
import { binary, schemaOf, type Decorator, type Schema } from '../../openapi/parts.js';
import { idempotencyKey, image, MORE_HEADERS, OPTIONS, RAW_BODY } from '../../jobs/jobs.openapi.js';
import { ADDITIONS } from '../call-values.js';
import {
  compatible,
  optionalHeaders,
  peerErrors,
  PROBLEMS_OF_CALLS,
  text,
  type PeerErrors,
  type RequestBody,
} from '../compat.openapi.js';
import { snakeCase, statusOfHosted } from '../peer-errors.js';
import { FLAGS, FORMATS, SIZES } from './photoroom-request.js';

const FIELDS: Record<string, Schema> = {
  image_file_b64: { type: 'string', description: 'The image in base64' },
  format: { ...text('Format of the result', 'png', FORMATS), default: 'png' },
  channels: {
    ...text('`rgba`: the cut-out; `alpha`: its alpha as a gray image', 'rgba', ['rgba', 'alpha']),
    default: 'rgba',
  },
  bg_color: text('Background: a hex code (`#FF00FF`) or an HTML color (`red`)', '#FF00FF'),
  size: {
    ...text(
      'Maximum size: `preview` 0.25 megapixels, `medium` 1.5, `hd` 4; `full`: that of the image',
      'hd',
      SIZES,
    ),
    default: 'full',
  },
  crop: { ...text('`true`: crop the result to the subject', 'true', FLAGS), default: 'false' },
  despill: {
    ...text('`true` has no effect, and is reported in `X-Ignored-Fields`', 'false', FLAGS),
    default: 'false',
  },
  ...Object.fromEntries(ADDITIONS.map((name) => [name, OPTIONS[name] ?? {}])),
};

function body(): RequestBody {
  const asText = { schema: { type: 'object' as const, properties: FIELDS } };
  const properties = { image_file: { ...binary, description: 'The image' }, ...FIELDS };
  return {
    required: true,
    content: {
      'multipart/form-data': { schema: { type: 'object', properties } },
      'application/json': asText,
      'application/x-www-form-urlencoded': asText,
      ...RAW_BODY,
    },
  };
}

const ERRORS: PeerErrors = {
  errorOf: (code) => ({ status: statusOfHosted(code), code: snakeCase(code) }),
  schema: photoroomErrorSchema,
  optional: ['Vary'],
};

/** Describes `POST /v1/segment`. */
export const DescribePhotoroom = (): Decorator =>
  applyDecorators(
    ...compatible({
      operationId: 'photoroomSegment',
      summary: 'Remove a background (Photoroom)',
      description:
        'Compatible with the Remove Background API of Photoroom: change the address, keep the client.\n\nSend exactly one of ' +
        '`image_file` and `image_file_b64`. Empty fields count as absent; unknown fields are ignored, and listed in ' +
        '`X-Ignored-Fields`. If the client disconnects, the job is canceled.',
      requestBody: body(),
    }),
    idempotencyKey(),
    ApiResponse({
      status: 200,
      description: 'The cut-out, or JSON with the cut-out in base64 when `Accept` is `application/json` only',
      headers: {
        // The JSON response has no file name.
        ...optionalHeaders(RESULT_HEADERS),
        ...headers('Cache-Control', 'Vary', 'X-Uncertainty-Score', ...MORE_HEADERS),
      },
      content: { ...image, 'application/json': { schema: schemaOf(photoroomAnswerSchema) } },
    }),
    ...peerErrors(ERRORS, PROBLEMS_OF_CALLS),
  );
