import { z } from 'zod';
import { jobOptionsSchema } from './job-options.js';
import { editDistance } from './nearest-name.js';
import type { ProblemFacts } from './problem-catalog.js';

/** Accepted values of text options, in words. Options with named values have them in the schema. */
const PATTERNS: Readonly<Record<string, string>> = {
  crop_margin: 'one, two or four lengths up to 500px or 50%, such as "30px" or "10% 20px"',
  roi: 'four lengths in pixels or percent, "x1 y1 x2 y2", such as "10% 0% 90% 100%"',
  subject:
    '"all", "largest", numbers of subjects from 1 to 16 in the order of size such as "1,3", or a point with units such as "40%,60%" or "400px,300px"',
  scale: '"original", or a percentage from 10% to 100%',
  position: '"original", "center", or one or two percentages from 0% to 100%, such as "50% 100%"',
  bg_color: '3, 4, 6 or 8 hex digits such as "ffcc00", or a CSS color name such as "red"',
  model: 'the name of a model that GET /v1/models lists',
  output_size:
    '"WxH" such as "2000x2000" with sides up to 10000, "Wxauto", "autoxH", "original" or "subject"',
  padding: 'one, two or four lengths up to 10000px or 49%, such as "7.5%" or "40px 10%"',
  margin: 'one, two or four lengths up to 10000px or 49%, such as "20px"',
  align: '"auto", "center", "top", "bottom", "left", "right", or two of them such as "bottom left"',
  shadow_opacity: 'a whole number of percent from 0 to 100',
  shadow_blur: 'a length up to 500px or 25%, such as "3%"',
  shadow_offset: 'two lengths from -500px to 500px or -25% to 25%, such as "-2% 4%"',
  shadow_color: '3, 4, 6 or 8 hex digits such as "1a2b4c", or a CSS color name such as "black"',
  outline: 'a length up to 500px or 25%, such as "2%"',
  outline_color: '3, 4, 6 or 8 hex digits such as "ffcc00", or a CSS color name such as "white"',
  reflection: 'a whole number of percent from 0 to 100',
  reflection_length: 'a length up to 9999px or 100%, such as "40%"',
  reflection_offset: 'a length up to 500px or 25%, such as "1%"',
  bg_gradient: 'two to four colors and an angle, such as "fff cfe8ff 135deg"',
  background_blur: 'a whole number from 1 to 100',
  quality: 'a whole number from 1 to 100',
  max_bytes: 'a number of bytes from 1000 to 1000000000',
  start_within: 'a whole number of seconds from 1 to 3600',
  keep_at_most: 'a whole number of seconds from 1 to 3600',
};

interface Property {
  enum?: string[];
  type?: string;
}

let properties: Readonly<Record<string, Property>> | undefined;

/** Accepted values of an option: all of them, or one readable pattern. Undefined for an unknown option. */
export function acceptedBy(option: string): string[] | undefined {
  properties ??= z.toJSONSchema(jobOptionsSchema, { io: 'output' }).properties as Record<string, Property>;
  const property = Object.hasOwn(properties, option) ? properties[option] : undefined;
  if (property === undefined) return undefined;
  if (property.type === 'boolean') return ['true', 'false'];
  return property.enum ?? [PATTERNS[option] ?? 'a text'];
}

/** `"crop" must be true or false.` */
export function acceptedSentence(parameter: string, accepted: readonly string[]): string {
  const [only = '', ...more] = accepted;
  if (more.length === 0) return `"${parameter}" must be ${only}.`;
  if (more.length === 1) return `"${parameter}" must be ${accepted.join(' or ')}.`;
  return `"${parameter}" must be one of ${accepted.join(', ')}.`;
}

/** Facts of `invalid-parameter` for a parameter with these accepted values, or this one pattern. */
export const mustBe = (parameter: string, accepted: readonly string[]): ProblemFacts => ({
  parameter,
  accepted,
  detail: acceptedSentence(parameter, accepted),
});

/** Facts of `invalid-parameter` for a wrong value of an image option. */
export const invalidOption = (option: string): ProblemFacts =>
  mustBe(option, acceptedBy(option) ?? ['a text']);

/** Why `jobOptionsSchema` rejected options, without their values. Undefined for an unknown name. */
export function optionRefusal(error: z.ZodError): ProblemFacts | undefined {
  const [issue] = error.issues;
  const option = issue?.path[0];
  if (typeof option !== 'string') return undefined;
  const facts = invalidOption(option);
  const isConflict = issue?.code === 'custom' && issue.params?.['isConflict'] === true;
  return isConflict ? { ...facts, detail: issue.message } : facts;
}

const MIN_LETTERS = 4;
const LETTERS_FOR_TWO = 7;

/**
 * Known names that resemble `name`, the nearest first: as a whole, or in the last of two words, such as `color` in `bg_color`. Of those
 * that resemble it in a word only, the nearest as a whole.
 */
export function nearestNames(name: string, known: readonly string[]): string[] {
  const wanted = bare(name);
  const found = known.flatMap((each) => {
    const whole = excess(wanted, bare(each));
    const word = Math.min(...wordsOf(each).map((one) => excess(wanted, one)));
    return Math.min(whole, word) > 0 ? [] : [{ each, whole, distance: Math.min(whole, word) }];
  });
  const nearest = Math.min(...found.map(({ whole }) => whole));
  return found
    .filter(({ whole }) => whole <= Math.max(0, nearest))
    .sort((a, b) => a.distance - b.distance || a.whole - b.whole)
    .map(({ each }) => each);
}

/** The last word of a name of two. Single words of longer names, such as `mode`, stand for too many things. */
function wordsOf(name: string): string[] {
  const words = name.split('_');
  return words.length === 2 ? words.slice(1).filter(({ length }) => length >= MIN_LETTERS) : [];
}

const bare = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** Edit distance of two names beyond that of a typing error; 0 or less when one is probably the other. */
function excess(one: string, other: string): number {
  if (one === other) return -LETTERS_FOR_TWO;
  const length = Math.min(one.length, other.length);
  if (length < MIN_LETTERS) return LETTERS_FOR_TWO;
  return editDistance(one, other) - (length < LETTERS_FOR_TWO ? 1 : 2);
}
