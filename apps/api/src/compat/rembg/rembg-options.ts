import type { JobOptions } from '#contracts/job-options.js';
import { mustBe } from '#contracts/option-refusal.js';
import { Problem } from '#contracts/problem-catalog.js';
import { parseOptions } from '../../uploads/upload-source.js';

/** The fields that mean something here. */
export const REMBG_FIELDS = ['model', 'a', 'om', 'bgc'] as const;

/** The network that this service has under another name, or under several. */
const ISNET = /^isnet(?:$|-(?!anime))/;
const ISNET_THERE = 'isnet-general-use';

/** General-purpose models of rembg: served by the default model. */
const GENERAL = new Set([
  ISNET_THERE,
  'u2net',
  'u2netp',
  'silueta',
  'birefnet-general',
  'birefnet-general-lite',
  'bria-rmbg',
  'ben2-base',
]);

/** A boolean as FastAPI reads one. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['true', '1', 'on', 'yes', 't', 'y'].map((text): [string, boolean] => [text, true]),
  ...['false', '0', 'off', 'no', 'f', 'n'].map((text): [string, boolean] => [text, false]),
]);

/**
 * Reads the parameters of `rembg s`. `ppm`, `af`, `ab`, `ae` and `extras` tune steps that this service does not have and are ignored.
 * @param models on offer, by name, the default one first
 * @throws Problem `invalid-parameter` | `model-unknown`
 */
export function rembgOptions(texts: ReadonlyMap<string, string>, models: readonly string[]): JobOptions {
  const onlyMask = flag(texts, 'om');
  const model = modelFor(texts.get('model'), models);
  const fields: [string, string][] = [['channels', onlyMask ? 'alpha' : 'rgba']];
  if (flag(texts, 'a')) fields.push(['refine', 'edges']);
  if (model !== undefined) fields.push(['model', model]);
  const background = texts.get('bgc');
  // There too a mask has no background.
  if (background !== undefined && !onlyMask) fields.push(['bg_color', hexOf(background)]);
  return parseOptions(fields);
}

function flag(texts: ReadonlyMap<string, string>, parameter: string): boolean {
  const text = texts.get(parameter);
  const value = text === undefined ? false : BOOLEANS.get(text.trim().toLowerCase());
  if (value === undefined) throw new Problem('invalid-parameter', mustBe(parameter, ['true', 'false']));
  return value;
}

/**
 * The model for one of rembg's names; undefined for the default one. `u2net` is what every client of rembg names that
 * names nothing special, so names of general models get the nearest there is; a name that asks for another thing than
 * the subject (clothes, anime, a prompt) is refused instead of being answered with something else.
 * @throws Problem `model-unknown`
 */
function modelFor(wanted: string | undefined, models: readonly string[]): string | undefined {
  if (wanted === undefined || models.includes(wanted)) return wanted;
  if (wanted === ISNET_THERE) return models.find((name) => ISNET.test(name));
  if (GENERAL.has(wanted)) return undefined;
  throw new Problem('model-unknown', mustBe('model', [...new Set([...models, ISNET_THERE, ...GENERAL])]));
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
