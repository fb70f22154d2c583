import type { z } from 'zod';
import { jobOptionsSchema, type JobOptions } from '#contracts/job-options.js';
import { invalidOption, mustBe } from '#contracts/option-refusal.js';
import { Problem } from '#contracts/problem-catalog.js';
import { parseOptions } from '../../uploads/upload-source.js';

/** Fields that mean the same here as at remove.bg; `model`, `refine` and `bit_depth` are ours. */
const SHARED = [
  'size',
  'crop',
  'crop_margin',
  'roi',
  'scale',
  'position',
  'format',
  'channels',
  'bg_color',
  'semitransparency',
  'add_shadow',
  'model',
  'refine',
  'bit_depth',
] as const;

/** All fields that mean something here, but for files and addresses. */
export const REMOVEBG_FIELDS: readonly string[] = [...SHARED, 'type', 'type_level', 'shadow_type'];

/** What remove.bg takes a field to be that is not given, where that is not so on the service's own calls. */
const DEFAULTS: [string, string][] = [
  ['size', 'preview'],
  ['format', 'auto'],
];

/** Kinds of subject that a client may state; accepted, without effect here. */
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

/** Kinds of shadow. Here there is one: it is cast, or not. */
export const SHADOW_TYPES = ['none', 'auto', 'drop', 'car', '3D'] as const;

/** What the fields of a request to remove.bg ask for. */
export interface RemovebgWish {
  options: JobOptions;
  /** What `X-Type` says; undefined: nothing. */
  type: string | undefined;
}

/**
 * Reads the fields of a request to remove.bg. Subjects are not classified here: `X-Type` repeats the type that was
 * given, and says `other` where none was. Unknown fields are ignored, as at remove.bg.
 * @throws Problem `invalid-parameter`
 */
export function removebgWish(texts: ReadonlyMap<string, string>): RemovebgWish {
  const type = oneOf(texts, 'type', SUBJECT_TYPES) ?? 'auto';
  const level = oneOf(texts, 'type_level', TYPE_LEVELS);
  const shadow = oneOf(texts, 'shadow_type', SHADOW_TYPES);
  const given = SHARED.flatMap((name): [string, string][] => {
    const text = texts.get(name);
    return text === undefined ? [] : [[name, text]];
  });
  if (shadow !== undefined) given.push(['add_shadow', String(shadow !== 'none')]);
  return {
    options: parseOptions(withoutIdle([...DEFAULTS, ...given])),
    type: level === 'none' ? undefined : type === 'auto' ? 'other' : type,
  };
}

/**
 * Leaves out options that remove.bg documents to have no effect beside the others, where the service's own calls refuse
 * them: `crop_margin` without `crop`, `scale` and `position` with it. Their values are checked all the same.
 */
function withoutIdle(given: readonly [string, string][]): [string, string][] {
  const { crop, crop_margin, scale, position } = jobOptionsSchema.shape;
  const isCropped = crop.safeParse(new Map(given).get('crop')).data === true;
  const idle: Readonly<Record<string, z.ZodType>> = isCropped ? { scale, position } : { crop_margin };
  return given.filter(([name, text]) => {
    const schema = Object.hasOwn(idle, name) ? idle[name] : undefined;
    if (schema?.safeParse(text).success === false)
      throw new Problem('invalid-parameter', invalidOption(name));
    return schema === undefined;
  });
}

function oneOf<T extends string>(
  texts: ReadonlyMap<string, string>,
  parameter: string,
  values: readonly T[],
): T | undefined {
  const text = texts.get(parameter);
  const value = values.find((one) => one.toLowerCase() === text?.trim().toLowerCase());
  if (text !== undefined && value === undefined) {
    throw new Problem('invalid-parameter', mustBe(parameter, values));
  }
  return value;
}
