import type { JobOptions } from '#contracts/job-options.js';
import { mustBe } from '#contracts/option-refusal.js';
import { Problem } from '#contracts/problem-catalog.js';
import { parseOptions, missingImage, type UploadSource } from '../../uploads/upload-source.js';
import { ByteBudget, FieldTable, file, optionFields, setTexts } from '../../uploads/form-reader.js';
import type { RemoteImageService } from '../../uploads/remote-image.service.js';
import { readUpload } from '../../uploads/upload-body.js';
import { NO_FIELDS, textsInQuery } from '../call-values.js';

/** Options of this service that rembg does not have. */
const EXTENSIONS = ['subject', 'scraps', 'graphics', 'holes'] as const;

/** Supported fields. */
export const REMBG_FIELDS = ['model', 'a', 'om', 'bgc', ...EXTENSIONS] as const;

/** Names of IS-Net models in this service, and in rembg. */
const ISNET = /^isnet(?:$|-(?!anime))/;
const ISNET_IN_REMBG = 'isnet-general-use';

/** General-purpose models of rembg: served by the default model. */
const GENERAL = new Set([
  ISNET_IN_REMBG,
  'u2net',
  'u2netp',
  'silueta',
  'birefnet-general',
  'birefnet-general-lite',
  'bria-rmbg',
  'ben2-base',
]);

/** Booleans, as in FastAPI. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['true', '1', 'on', 'yes', 't', 'y'].map((text): [string, boolean] => [text, true]),
  ...['false', '0', 'off', 'no', 'f', 'n'].map((text): [string, boolean] => [text, false]),
]);

/**
 * Reads the parameters of `rembg s`. `ppm`, `af`, `ab`, `ae` and `extras` configure steps that this service does not have,
 * and are ignored.
 * @param models names of available models, the default one first
 * @throws Problem `invalid-parameter` | `model-unknown`
 */
export function rembgOptions(texts: ReadonlyMap<string, string>, models: readonly string[]): JobOptions {
  const onlyMask = flag(texts, 'om');
  const model = modelFor(texts.get('model'), models);
  const fields: [string, string][] = [['only', onlyMask ? 'alpha' : 'cutout']];
  if (flag(texts, 'a')) fields.push(['refine', 'edges']);
  if (model !== undefined) fields.push(['model', model]);
  const background = texts.get('bgc');
  // In rembg, too, a mask has no background.
  if (background !== undefined && !onlyMask) fields.push(['bg_color', hexOf(background)]);
  for (const name of EXTENSIONS) fields.push([name, texts.get(name) ?? '']);
  return parseOptions(fields);
}

function flag(texts: ReadonlyMap<string, string>, parameter: string): boolean {
  const text = texts.get(parameter);
  const value = text === undefined ? false : BOOLEANS.get(text.trim().toLowerCase());
  if (value === undefined) throw new Problem('invalid-parameter', mustBe(parameter, ['true', 'false']));
  return value;
}

/**
 * The model for a name in rembg; undefined for the default one. Clients of rembg send `u2net` by default, so general-purpose
 * models are mapped to the default model. Names of special models (clothes, anime, prompts) are rejected.
 * @throws Problem `model-unknown`
 */
function modelFor(wanted: string | undefined, models: readonly string[]): string | undefined {
  if (wanted === undefined || models.includes(wanted)) return wanted;
  if (wanted === ISNET_IN_REMBG) return models.find((name) => ISNET.test(name));
  if (GENERAL.has(wanted)) return undefined;
  throw new Problem('model-unknown', mustBe('model', [...new Set([...models, ISNET_IN_REMBG, ...GENERAL])]));
}

/** `r,g,b` or `r,g,b,a`, 0 to 255 each, in hex. @throws Problem `invalid-parameter` */
function hexOf(text: string): string {
  const channels = text.split(',').map((word) => (/^\s*\d{1,3}\s*$/.test(word) ? Number(word) : 256));
  if (![3, 4].includes(channels.length) || channels.some((value) => value > 255)) {
    throw new Problem(
      'invalid-parameter',
      mustBe('bgc', ['3 or 4 numbers from 0 to 255, such as "255,255,255,255"']),
    );
  }
  return channels.map((value) => value.toString(16).padStart(2, '0')).join('');
}

const FILE = 'file';
const TABLE = new FieldTable({ ...optionFields(REMBG_FIELDS), [FILE]: file('input') });

/**
 * Reads an upload of `rembg s`: a form with a `file`, or a body that is the image. Parameters are fields of the form, or in
 * the query.
 * @param models names of available models, the default one first
 * @throws Problem
 */
export const rembgFormUpload =
  (models: readonly string[]): UploadSource =>
  async (request, target) => {
    const query = textsInQuery(request);
    const beforeImage = (): void => void rembgOptions(query, models);
    const form = await readUpload(request, { table: TABLE, target, beforeImage });
    if (!form.files.has('input')) throw missingImage([FILE], form);
    const texts = new Map([...query, ...setTexts(form)]);
    return { options: rembgOptions(texts, models), extraFields: NO_FIELDS, ignored: [] };
  };

/** Reads a query with a `url`. @param signal aborted when the client has disconnected. @throws Problem */
export const rembgUrlUpload =
  (models: readonly string[], images: RemoteImageService, signal: AbortSignal): UploadSource =>
  async (request, { maxBytes, writeFile }) => {
    const texts = textsInQuery(request);
    const url = texts.get('url');
    if (url === undefined)
      throw new Problem('missing-image', {
        ...{ parameter: 'url', expected: ['url'], found: [] },
        detail: 'Send the URL of the image as ?url=, or POST a form with the image as "file".',
      });
    const options = rembgOptions(texts, models);
    const image = images.fetchFor('url', url, { signal, maxBytes });
    await writeFile('input', new ByteBudget(maxBytes).limit(image));
    return { options, extraFields: NO_FIELDS, ignored: [] };
  };
