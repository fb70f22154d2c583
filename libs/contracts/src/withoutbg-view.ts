import { z } from 'zod';

/** `POST /v1/remove-background` of withoutBG, for a body in JSON. */
export const withoutbgAnswerSchema = z.object({
  processed: z.string().describe('The cut-out, a PNG as data URL'),
  alphaMatte: z.string().describe('Its alpha, a gray PNG as data URL'),
  latencyMs: z.int().describe('Milliseconds of the work on the image'),
});

/** `POST /v1.0/image-without-background-base64` of withoutBG. */
export const withoutbgImageSchema = z.object({
  img_without_background_base64: z.string().describe('The cut-out, a PNG in base64'),
});

/** `POST /v1.0/alpha-channel-base64` of withoutBG. */
export const withoutbgAlphaSchema = z.object({
  alpha_base64: z.string().describe('The alpha of the cut-out, a gray PNG in base64'),
});

/** One fault of a request, as FastAPI reports it. */
const validationFaultSchema = z.object({
  loc: z.array(z.string()).describe('`body` and the name of the field'),
  msg: z.string(),
  type: z.string(),
});

/** Errors in the format of withoutBG: `error` of its local server and Python client, `detail` of its cloud API. */
export const withoutbgErrorSchema = z.object({
  error: z.string().describe('What went wrong, and what would be right'),
  code: z.string().describe('Code of the problem, an addition of this service'),
  detail: z.union([z.string(), z.array(validationFaultSchema)]).describe('The same; a list with 422'),
});

/** Body of an error of withoutBG. */
export type WithoutbgError = z.output<typeof withoutbgErrorSchema>;

/** `GET /available-credit` of withoutBG. */
export const withoutbgCreditSchema = z.object({
  credit: z.int(),
  expiration_date: z.string().describe('`YYYY-MM-DD HH:MM:SS`'),
});

/** The response of `GET /available-credit`. */
export type WithoutbgCredit = z.output<typeof withoutbgCreditSchema>;

/** `GET /health` of withoutBG. */
export const withoutbgHealthSchema = z.object({
  status: z.literal('ok'),
  model: z.string().describe('The default model'),
  version: z.string().describe('Version of the service'),
});

/** The response of `GET /health`. */
export type WithoutbgHealth = z.output<typeof withoutbgHealthSchema>;

/** `GET /ready` of withoutBG. */
export const withoutbgReadySchema = z.object({ status: z.enum(['ready', 'not_ready']) });

/** The response of `GET /ready`. */
export type WithoutbgReady = z.output<typeof withoutbgReadySchema>;
