import type { z } from 'zod';
import { jobOptionsSchema, type JobOptions } from '#contracts/job-options.js';
import { invalidOption } from '#contracts/option-refusal.js';
import { Problem } from '#contracts/problem-catalog.js';
import type { FileRole } from '#broker/records/job-record.js';
import { MAX_URL_CHARACTERS } from '#fetcher/url-rules.js';
import { parseOptions, checkFiles, missingImage, type UploadSource } from '../../uploads/upload-source.js';
import {
  ByteBudget,
  FieldTable,
  file,
  optionFields,
  repeatedFile,
  setTexts,
  text,
} from '../../uploads/form-reader.js';
import type { RemoteImageService } from '../../uploads/remote-image.service.js';
import { readUpload } from '../../uploads/upload-body.js';
import { ADDITIONS, oneOf, optionsInQuery } from '../call-values.js';

/** Options with the same meaning as in remove.bg, and additions of this service. */
const SHARED = [
  'size',
  'crop',
  'crop_margin',
  'roi',
  'scale',
  'position',
  'format',
  'channels',
  'only',
  'bg_color',
  'semitransparency',
  'add_shadow',
  'shadow_opacity',
  ...ADDITIONS,
] as const;

/** All supported fields except files and URLs. */
export const REMOVEBG_FIELDS: readonly string[] = [...SHARED, 'type', 'type_level', 'shadow_type'];

/** Defaults of remove.bg that differ from the native endpoints. */
const DEFAULTS: [string, string][] = [
  ['size', 'preview'],
  ['format', 'auto'],
];

/** Kinds of subject. Accepted without effect. */
export const SUBJECT_TYPES = [
  'auto',
  'person',
  'product',
  'car',
  'animal',
  'graphic',
  'transportation',
  'other',
] as const;

/** Detail of `X-Type`; `none`: the header is left out. */
export const TYPE_LEVELS = ['none', '1', '2', 'latest'] as const;

/** Kinds of shadow. */
export const SHADOW_TYPES = ['none', 'auto', 'drop', 'car', '3D'] as const;

/** The shadow for each kind: objects and cars stand on the ground. */
const SHADOW_OF_TYPE: Readonly<Record<(typeof SHADOW_TYPES)[number], JobOptions['shadow']>> = {
  none: 'none',
  auto: 'soft',
  drop: 'drop',
  car: 'contact',
  '3D': 'contact',
};

/** Options of a request to remove.bg. */
export interface RemovebgRequest {
  options: JobOptions;
  /** Value of `X-Type`; undefined when the header is omitted. */
  type: string | undefined;
}

/**
 * Parses the fields of a request to remove.bg. Subjects are not classified: `X-Type` is the type in the request, else
 * `other`. Unknown fields are ignored, as in remove.bg.
 * @throws Problem `invalid-parameter`
 */
export function parseRemovebgFields(texts: ReadonlyMap<string, string>): RemovebgRequest {
  const type = oneOf(texts, 'type', SUBJECT_TYPES) ?? 'auto';
  const level = oneOf(texts, 'type_level', TYPE_LEVELS);
  const shadow = oneOf(texts, 'shadow_type', SHADOW_TYPES);
  const given = SHARED.flatMap((name): [string, string][] => {
    const text = texts.get(name);
    const isReplaced = name === 'add_shadow' && shadow !== undefined;
    return text === undefined || isReplaced ? [] : [[name, text]];
  });
  if (shadow !== undefined) given.push(['shadow', SHADOW_OF_TYPE[shadow]]);
  return {
    options: parseOptions(withoutUnused([...DEFAULTS, ...given])),
    type: level === 'none' ? undefined : type === 'auto' ? 'other' : type,
  };
}

/**
 * Removes options that have no effect in remove.bg and are rejected by the native endpoints: `crop_margin` without `crop`,
 * `scale` and `position` with it, `shadow_opacity` without a shadow. Their values are validated.
 */
function withoutUnused(given: readonly [string, string][]): [string, string][] {
  const { crop, crop_margin, scale, position, add_shadow, shadow_opacity } = jobOptionsSchema.shape;
  const asked = new Map(given);
  const isCropped = crop.safeParse(asked.get('crop')).data === true;
  const hasShadow =
    (asked.get('shadow') ?? 'none') !== 'none' || add_shadow.safeParse(asked.get('add_shadow')).data === true;
  const unused: Readonly<Record<string, z.ZodType>> = {
    ...(isCropped ? { scale, position } : { crop_margin }),
    ...(!hasShadow && { shadow_opacity }),
  };
  return given.filter(([name, text]) => {
    const schema = Object.hasOwn(unused, name) ? unused[name] : undefined;
    if (schema?.safeParse(text).success === false)
      throw new Problem('invalid-parameter', invalidOption(name));
    return schema === undefined;
  });
}

/** Name of the extra field with the value of `X-Type`. */
export const TYPE = 'type';

/** Fields with the URL of an image. */
const URLS: readonly [parameter: string, role: FileRole][] = [
  ['image_url', 'input'],
  ['bg_image_url', 'background'],
];

const SOURCES = ['image_file', 'image_file_b64', 'image_url'];

const TABLE = new FieldTable({
  ...optionFields(REMOVEBG_FIELDS),
  ...Object.fromEntries(URLS.map(([name]) => [name, text(MAX_URL_CHARACTERS)])),
  image_file: file('input', 'any'),
  image_file_b64: file('input', 'base64'),
  bg_image_file: file('background', 'any'),
  mask: file('mask', 'any'),
});

/**
 * Reads an upload of remove.bg: a multipart or urlencoded form, a JSON object, or a body that is the image, with options in
 * the query.
 * @param signal aborted when the client has disconnected
 * @throws Problem `missing-image` | `multiple-images` | `multiple-backgrounds` and others
 */
export const removebgUpload =
  (images: RemoteImageService, signal: AbortSignal): UploadSource =>
  async (request, target) => {
    const { maxBytes, writeFile } = target;
    // URLs of images are not read from the query, which proxies log.
    const query = optionsInQuery(request, REMOVEBG_FIELDS);
    const beforeImage = (): void => void parseRemovebgFields(query);
    const form = await readUpload(request, { table: TABLE, target, beforeImage });
    const texts = new Map([...query, ...setTexts(form)]);
    const wanted = URLS.filter(([parameter]) => texts.has(parameter));
    const twice = wanted.find(([, role]) => form.files.has(role));
    if (twice !== undefined) throw repeatedFile(twice[1]);
    const roles = new Set([...form.files, ...wanted.map(([, role]) => role)]);
    if (!roles.has('input')) throw missingImage(SOURCES, form);
    const { options, type } = parseRemovebgFields(texts);
    checkFiles(roles, options);
    for (const [parameter, role] of wanted) {
      const image = images.fetchFor(parameter, texts.get(parameter) ?? '', { signal, maxBytes });
      await writeFile(role, new ByteBudget(maxBytes).limit(image));
    }
    return { options, extraFields: new Map(type === undefined ? [] : [[TYPE, type]]), ignored: [] };
  };
