import { z } from 'zod';
import { jobOptionsSchema, type JobOptions, type ResultFormat } from '#contracts/job-options.js';
import { nearestName } from '#contracts/nearest-name.js';
import { acceptedBy, acceptedSentence, nearestNames, optionRefusal } from '#contracts/option-refusal.js';
import { checkedOptions } from './image-options.js';
import { ToolFault } from './mcp-fault.js';

/** A JSON Schema of an object. */
export interface ObjectSchema {
  type: 'object';
  properties: Record<string, object>;
  required?: string[];
  additionalProperties: boolean;
  [keyword: string]: unknown;
}

/** Own arguments of a tool: their `error` says in words what each accepts. */
export type ArgumentFields = Readonly<Record<string, z.ZodType>>;

/** The accepted values of an argument in words, as its error. */
const accepts = (error: string): { error: string } => ({ error });

export const pathField = (about: string): z.ZodString => z.string(accepts('a path')).describe(about);

export const flagField = (standard: boolean, about: string): z.ZodDefault<z.ZodBoolean> =>
  z.boolean(accepts('true or false')).default(standard).describe(about);

export const textField = (what: string, about: string): z.ZodString =>
  z.string(accepts(what)).describe(about);

export const countField = (
  { min, max, standard }: { min: number; max: number; standard: number },
  about: string,
): z.ZodDefault<z.ZodInt> => {
  const error = accepts(`a whole number from ${min} to ${max}`);
  return z.int(error).min(min, error).max(max, error).default(standard).describe(about);
};

interface OptionProperty {
  description?: string;
  default?: string | boolean;
}

/**
 * The image options as properties: types and values of the schema of the service. Their defaults are words in the description,
 * because clients that fill in a `default` would override the file name or the `preset`, which set some of them.
 */
function optionProperties(isDescribed: boolean): Record<string, object> {
  const { properties = {} } = z.toJSONSchema(jobOptionsSchema, { io: 'output' });
  return Object.fromEntries(
    Object.entries(properties as Record<string, OptionProperty>).map(([name, property]) => {
      const { description = '', default: standard, ...schema } = property;
      const suffix = standard === undefined ? '' : ` (default: ${standard})`;
      return [name, isDescribed ? { ...schema, description: description + suffix } : schema];
    }),
  );
}

const OPTION_NAMES = Object.keys(jobOptionsSchema.shape);

/** @param options whether the tool has the image options, and with their descriptions or without */
export function inputSchemaOf(
  fields: ArgumentFields,
  options: 'none' | 'described' | 'undescribed',
): ObjectSchema {
  const own = z.toJSONSchema(z.strictObject(fields), { io: 'input' }) as unknown as ObjectSchema;
  delete own['$schema'];
  const shown = options === 'none' ? {} : optionProperties(options === 'described');
  return { ...own, properties: { ...own.properties, ...shown } };
}

/** Schema of a structured result. Later releases may add members. */
export function outputSchemaOf(schema: z.ZodObject): ObjectSchema {
  const found = z.toJSONSchema(schema, {
    io: 'input',
    // The bounds of safe integers say nothing.
    override: ({ jsonSchema }) => {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  delete found.$schema;
  return found as unknown as ObjectSchema;
}

/** Arguments of a call: its own, checked, and the image options, not yet checked. */
export interface GivenArguments<F extends ArgumentFields> {
  own: z.output<z.ZodObject<F>>;
  options: Record<string, unknown>;
}

/**
 * Checks the arguments of a call. `null` counts as not given: some clients send it for every argument that they leave out.
 * @throws ToolFault with the name, what it accepts, and the nearest name
 */
export function readToolArguments<F extends ArgumentFields>(
  fields: F,
  hasOptions: boolean,
  given: Readonly<Record<string, unknown>>,
): GivenArguments<F> {
  const entries = Object.entries(given).filter(([, value]) => value !== null && value !== undefined);
  const known = [...Object.keys(fields), ...(hasOptions ? OPTION_NAMES : [])];
  const unknown = entries.find(([name]) => !known.includes(name));
  if (unknown !== undefined) throw unknownArgument(unknown[0], known);
  const isOwn = ([name]: [string, unknown]): boolean => Object.hasOwn(fields, name);
  const own = z.strictObject(fields).safeParse(Object.fromEntries(entries.filter(isOwn)));
  if (!own.success) throw ownRefusal(own.error);
  const options = Object.fromEntries(entries.filter((entry) => !isOwn(entry)));
  return { own: own.data, options };
}

/**
 * Checks the image options of a call.
 * @param named format that the file name of the result names
 * @throws ToolFault with the name, what it accepts, and the nearest value
 */
export function toolOptions(
  options: Readonly<Record<string, unknown>>,
  named?: ResultFormat,
): Partial<JobOptions> {
  try {
    return checkedOptions(options, named);
  } catch (error) {
    throw error instanceof z.ZodError ? optionFault(error, options) : error;
  }
}

function unknownArgument(name: string, known: readonly string[]): ToolFault {
  const near = nearestNames(name, known)[0] ?? nearestName(name, known);
  const hint = near === undefined ? `Known: ${known.join(', ')}` : `Did you mean "${near}"?`;
  return new ToolFault('invalid-argument', `Unknown argument "${name.slice(0, 60)}". ${hint}`);
}

function ownRefusal(error: z.ZodError): ToolFault {
  const [issue] = error.issues;
  const name = String(issue?.path[0] ?? '');
  return new ToolFault('invalid-argument', acceptedSentence(name, [issue?.message ?? '']));
}

/** The refusal of the service, before anything is sent. */
function optionFault(error: z.ZodError, options: Readonly<Record<string, unknown>>): ToolFault {
  const { parameter = '', detail = 'An image option has an invalid value.' } = optionRefusal(error) ?? {};
  const value = options[parameter];
  const typed = typeof value === 'string' ? value.toLowerCase() : '';
  const near = nearestName(typed, acceptedBy(parameter) ?? []);
  const hint = typed === '' || near === undefined || near === typed ? '' : ` Did you mean "${near}"?`;
  return new ToolFault('invalid-argument', `${detail}${hint}`);
}
