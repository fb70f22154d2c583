import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { PromisedSeconds } from '#broker/records/lifetimes.js';
import { optionFields } from '#contracts/option-fields.js';
import { PROMISES } from '#contracts/option-names.js';
import { invalidOption } from '#contracts/option-refusal.js';
import { Problem } from '#contracts/problem-catalog.js';
import type { Settings } from '#config/settings.schema.js';
import { FieldTable, MAX_OPTION_BYTES, text, type UploadTarget } from '../uploads/form-reader.js';
import { requirePromises } from '../uploads/promise-limits.js';
import { readUpload } from '../uploads/upload-body.js';
import { unknownParameter, valueOf } from '../uploads/upload-source.js';

const { start_within, keep_at_most } = optionFields;
const schema = z.strictObject({ start_within, keep_at_most });
const table = new FieldTable(Object.fromEntries(PROMISES.map((name) => [name, text(MAX_OPTION_BYTES)])));

/** Largest body, apart from the encoding of a form. */
const MAX_BYTES = 4096;

/** A batch is opened without an image. */
const NO_IMAGE: UploadTarget = {
  maxBytes: MAX_BYTES,
  writeFile: () => {
    throw unwantedImage();
  },
  skipFile: () => undefined,
};

/**
 * The promises in a request that opens a batch: query parameters, or fields of a form or of a JSON object.
 * @throws Problem `invalid-parameter` | `unknown-parameter` | `invalid-request`
 */
export async function readBatchPromises(
  request: FastifyRequest,
  settings: Settings,
): Promise<PromisedSeconds> {
  const form = await readUpload(request, { table, target: NO_IMAGE }).catch(withoutImage);
  const given: [string, unknown][] = [
    ...Object.entries(request.query as Record<string, unknown>),
    ...[...form.texts].map(([name, value]): [string, unknown] => [name, valueOf(value)]),
  ];
  const unknown = [...given.map(([name]) => name), ...form.ignored].find((name) => !isPromise(name));
  if (unknown !== undefined) throw unknownParameter(unknown, PROMISES);
  const parsed = schema.safeParse(Object.fromEntries(given.filter(([, value]) => value !== '')));
  if (!parsed.success) {
    throw new Problem('invalid-parameter', invalidOption(String(parsed.error.issues[0]?.path[0])));
  }
  requirePromises(parsed.data, settings);
  return parsed.data as PromisedSeconds;
}

function unwantedImage(): Problem {
  const detail = 'A batch is opened without an image. Send images to POST /v1/batches/{id}/jobs.';
  return new Problem('invalid-request', { detail });
}

function withoutImage(error: unknown): never {
  if (!(error instanceof Problem) || error.code !== 'image-too-large') throw error;
  throw unwantedImage();
}

const isPromise = (name: string): boolean => PROMISES.some((promise) => promise === name);
