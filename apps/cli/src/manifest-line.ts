import { createHash } from 'node:crypto';
import { z } from 'zod';
import { customIdSchema } from '#contracts/batch-view.js';
import { jobOptionsSchema, type JobOptions } from '#contracts/job-options.js';
import { nearestName } from '#contracts/nearest-name.js';
import { nearestNames, optionRefusal } from '#contracts/option-refusal.js';
import { CommandError } from './exit-codes.js';
import { checkedOptions } from './image-options.js';
import { identityOf, placeOf, type Place, type PlaceRules } from './manifest-place.js';
import { formatFor, formatNamedBy } from './result-files.js';
import { recipeOf } from './result-records.js';

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Headers that follow from the request itself. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
]);

const headers = (what: string): z.ZodType<Record<string, string> | undefined> =>
  z
    .record(z.string(), z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'a header has invalid characters'))
    .refine((all) => Object.keys(all).every((name) => HEADER_NAME.test(name)), 'a header has an invalid name')
    .refine(
      (all) => !Object.keys(all).some((name) => OWN_HEADERS.has(name.toLowerCase())),
      `must not set ${[...OWN_HEADERS].join(', ')}`,
    )
    .optional()
    .describe(what);

/** One line of a manifest. */
export const manifestLineSchema = z
  .strictObject({
    custom_id: customIdSchema.describe(
      'Your name for the image, unique in the manifest. It is not sent to the service.',
    ),
    input: z
      .string()
      .min(1)
      .describe('The image: a path, relative to the folder of the manifest, or an https address.'),
    output: z
      .string()
      .min(1)
      .describe(
        'Where the result goes: a path, or an https address that accepts PUT, such as a presigned one.',
      ),
    options: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .describe('Options of the API for this image. They override the options of the command line.'),
    mask: z.string().min(1).optional().describe('A mask in place of the model: a path or an https address.'),
    bg_image: z.string().min(1).optional().describe('A background image: a path or an https address.'),
    input_headers: headers('Headers of the requests for the input. They are sent to its origin only.'),
    output_headers: headers('Headers of the PUT request, such as Content-Type.'),
  })
  .meta({ title: 'A line of a manifest of removebg batch' });

/** One image of a manifest. */
export interface ManifestJob {
  customId: string;
  /** Line number, from 1. */
  line: number;
  input: Place;
  output: Place;
  /** The output as the manifest has it; of an address, without the query. */
  outputName: string;
  mask: Place | undefined;
  background: Place | undefined;
  /** Only what was named: the service has the defaults. */
  options: Partial<JobOptions>;
  inputHeaders: Readonly<Record<string, string>>;
  outputHeaders: Readonly<Record<string, string>>;
  /** Identifies what is to be done. Signatures of addresses and headers are not part of it. */
  fingerprint: string;
}

/** How lines are read. */
export interface LineRules extends PlaceRules {
  /** Options of the command line. */
  options: Partial<JobOptions>;
  /** Background image of the command line. */
  background?: Place | undefined;
}

/** Reads one line. Returns what is wrong with it as texts. */
export function jobOfLine(text: string, line: number, rules: LineRules): ManifestJob | string[] {
  const value = parsed(text);
  if (typeof value === 'string') return [value];
  const fields = manifestLineSchema.safeParse(value);
  if (!fields.success) return faultsOf(fields.error, value);
  const { data } = fields;
  const faults: string[] = [];
  const place = (name: 'input' | 'output' | 'mask' | 'bg_image'): Place | undefined => {
    const given = data[name];
    const found = given === undefined ? undefined : placeOf(given, rules);
    if (typeof found === 'string') faults.push(`${name} ${found}`);
    return typeof found === 'string' ? undefined : found;
  };
  const [input, output, mask] = [place('input'), place('output'), place('mask')];
  const background = place('bg_image') ?? rules.background;
  const options = output && optionsOf(data.options ?? {}, output, rules);
  if (Array.isArray(options)) faults.push(...options);
  if (faults.length > 0 || !input || !output || !options || Array.isArray(options)) return faults;
  const job = { customId: data.custom_id, input, output, mask, background, options };
  return {
    ...{ ...job, line, fingerprint: fingerprintOf(job) },
    ...{ inputHeaders: data.input_headers ?? {}, outputHeaders: data.output_headers ?? {} },
    outputName: output.kind === 'file' ? data.output : output.url.origin + output.url.pathname,
  };
}

/** The object in a line, or what is wrong. */
function parsed(text: string): object | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text.trimStart().startsWith('[')
      ? 'is not one JSON object. For a JSON array: jq -c ".[]" jobs.json > jobs.jsonl'
      : 'is not valid JSON';
  }
  if (Array.isArray(value))
    return 'is an array. Write one object per line: jq -c ".[]" jobs.json > jobs.jsonl';
  return typeof value === 'object' && value !== null ? value : 'is not a JSON object';
}

const FIELDS = Object.keys(manifestLineSchema.shape);

function faultsOf(error: z.ZodError, line: object): string[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownName('field', key, FIELDS));
    const [field = 'line', name] = issue.path.map(String);
    if (issue.code === 'invalid_type' && !(field in line)) return [`${field} is missing`];
    if (issue.code === 'custom' || (issue.code === 'invalid_format' && field.endsWith('_headers')))
      return [`${field}: ${issue.message}`];
    if (field === 'custom_id')
      return ['custom_id must be a text of 1 to 200 characters without control characters'];
    if (field === 'options' && name !== undefined)
      return [`option ${name} must be a text, a number, true or false`];
    const isObject = field === 'options' || field.endsWith('_headers');
    return [`${field} must be ${isObject ? 'an object' : 'a text that is not empty'}`];
  });
}

function unknownName(kind: string, name: string, known: readonly string[]): string {
  const near = nearestNames(name, known)[0] ?? nearestName(name, known);
  const shown = name.length > 40 ? `${name.slice(0, 40)}…` : name;
  return `unknown ${kind} ${JSON.stringify(shown)}${near === undefined ? '' : `. Did you mean ${near}?`}`;
}

const OPTIONS = Object.keys(jobOptionsSchema.shape);

/** The options of a line, with the format that the output's name has. Returns what is wrong as texts. */
function optionsOf(
  given: Readonly<Record<string, string | number | boolean>>,
  output: Place,
  rules: LineRules,
): Partial<JobOptions> | string[] {
  const unknown = Object.keys(given).filter((name) => !OPTIONS.includes(name));
  if (unknown.length > 0) return unknown.map((name) => unknownName('option', name, OPTIONS));
  const path = output.kind === 'file' ? output.path : output.url.pathname;
  const named = formatNamedBy(path);
  try {
    const options = checkedOptions({ ...rules.options, ...given }, named);
    // An address may end in anything.
    if (output.kind === 'address' && named === undefined) return options;
    const format = formatFor({ kind: 'file', path }, options.format, 'output');
    return { ...options, ...(format !== undefined && { format }) };
  } catch (error) {
    if (error instanceof CommandError) return [error.message.replace(/\.$/, '')];
    if (!(error instanceof z.ZodError)) throw error;
    const { detail, parameter } = optionRefusal(error) ?? {};
    return [`options: ${detail ?? `${parameter ?? 'an option'} has an invalid value`}`.replace(/\.$/, '')];
  }
}

function fingerprintOf(
  job: Pick<ManifestJob, 'customId' | 'input' | 'output' | 'mask' | 'background' | 'options'>,
): string {
  const { customId, options } = job;
  const places = [job.input, job.output, job.mask, job.background].map((place) => place && identityOf(place));
  return createHash('sha256')
    .update(JSON.stringify([customId, places, recipeOf(options)]))
    .digest('hex')
    .slice(0, 32);
}
