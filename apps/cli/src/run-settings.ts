import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { JobOptions } from '#contracts/job-options.js';
import { nearestName } from '#contracts/nearest-name.js';
import { optionRefusal } from '#contracts/option-refusal.js';
import { LOW_CONFIDENCE } from '#contracts/result-hints.js';
import type { Arguments } from './argument-reader.js';
import { CommandError } from './exit-codes.js';
import { FLAGS } from './flag-table.js';
import { checkedOptions, checkedSeparately } from './image-options.js';
import { formatNamedBy } from './result-files.js';

/** What a run is to do, apart from which photos. */
export interface RunSettings {
  /** Only what was named: the service has the defaults. */
  options: Partial<JobOptions>;
  backgroundPath: string | undefined;
  maskPath: string | undefined;
  out: string | undefined;
  overwrite: boolean;
  receipts: string | undefined;
  server: string;
  isLocal: boolean;
  key: string | undefined;
  concurrency: number;
  patienceMs: number;
  /** Results with a lower confidence are listed at the end. */
  minConfidence: number;
  isJson: boolean;
  isQuiet: boolean;
}

const HOME = 'http://127.0.0.1:3000';

/** The value of an option that takes one. */
export const textOf = (args: Arguments, name: string): string | undefined => {
  const value = args.values.get(name);
  return typeof value === 'string' ? value : undefined;
};

/** @throws CommandError */
function wholeNumber(args: Arguments, name: string, [standard, min, max]: [number, number, number]): number {
  const text = textOf(args, name);
  const value = text === undefined ? standard : Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new CommandError(`--${name} must be an integer from ${min} to ${max}.`);
}

/** How long to retry, milliseconds. @throws CommandError */
export const patienceMsOf = (args: Arguments): number =>
  1000 * wholeNumber(args, 'patience', [120, 0, 86_400]);

/** @throws CommandError */
function confidenceOf(args: Arguments): number {
  const text = textOf(args, 'min-confidence') ?? String(LOW_CONFIDENCE);
  const value = /^(?:\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : NaN;
  if (value >= 0 && value <= 1) return value;
  throw new CommandError('--min-confidence must be a number from 0 to 1, such as 0.9.');
}

/** Image options as the service takes them, checked by the schema that it uses. @throws CommandError naming the option */
function imageOptions(args: Arguments, check: OptionCheck): Partial<JobOptions> {
  const named = FLAGS.flatMap(({ name, option }) => {
    const value = args.values.get(name);
    return option === undefined || value === undefined ? [] : [[option, value] as const];
  });
  const given = Object.fromEntries(named);
  try {
    if (check === 'separately') return checkedSeparately(given);
    return checkedOptions(given, formatNamedBy(textOf(args, 'out') ?? ''));
  } catch (error) {
    throw error instanceof z.ZodError ? optionFault(error, args) : error;
  }
}

/** The refusal of the API, with the name of the flag in place of the name of the option. */
function optionFault(error: z.ZodError, args: Arguments): CommandError {
  const { parameter, detail } = optionRefusal(error) ?? {};
  const flag = FLAGS.find(({ option }) => option === parameter);
  if (flag === undefined || detail === undefined)
    return new CommandError('An image option has an invalid value.');
  const { name, choices = [] } = flag;
  const typed = (textOf(args, name) ?? '').toLowerCase();
  const near = nearestName(typed, choices);
  const hint = near === undefined || near === typed ? '' : ` Did you mean ${near}?`;
  return new CommandError(`${detail.replace(`"${parameter}"`, `--${name}`)}${hint}`);
}

/** The API key: from a file, the environment or the command line, in this order. @throws CommandError */
export async function keyOf(args: Arguments, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const file = textOf(args, 'key-file');
  const text =
    file === undefined
      ? (textOf(args, 'key') ?? env['REMOVEBG_KEY'])
      : await readFile(file, 'utf8').catch(() => {
          throw new CommandError(`Cannot read --key-file ${file}.`);
        });
  const key = text?.trim();
  if (key === undefined || key === '') return undefined;
  // The error for an invalid header value would quote the key.
  if (!/^[\x21-\x7e]+$/.test(key)) throw new CommandError('The API key contains invalid characters.');
  return key;
}

/** The service's origin. @throws CommandError when it is none */
export function serverOf(args: Arguments, env: NodeJS.ProcessEnv): string {
  const named = textOf(args, 'server');
  const source = named === undefined ? 'REMOVEBG_SERVER' : '--server';
  const text = named ?? (env['REMOVEBG_SERVER'] || HOME);
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (url !== undefined && url.username !== '')
    throw new CommandError(`${source} must not contain a user name or password. Use --key-file for a key.`);
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new CommandError(`${source} ${text} is not an http or https address, such as https://example.org`);
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/** Whether image options have to go together: not those that each line of a manifest adds its own to. */
type OptionCheck = 'together' | 'separately';

/** Reads what a run is to do. @throws CommandError */
export async function runSettings(
  args: Arguments,
  env: NodeJS.ProcessEnv,
  check: OptionCheck = 'together',
): Promise<RunSettings> {
  const isOn = (name: string): boolean => args.values.get(name) === true;
  if (isOn('local') && textOf(args, 'server') !== undefined) {
    throw new CommandError('--local starts a service of its own. Leave out --server.');
  }
  return {
    options: imageOptions(args, check),
    backgroundPath: textOf(args, 'bg-image'),
    maskPath: textOf(args, 'mask'),
    out: textOf(args, 'out'),
    overwrite: isOn('overwrite'),
    receipts: textOf(args, 'receipts'),
    server: serverOf(args, env),
    isLocal: isOn('local'),
    key: await keyOf(args, env),
    concurrency: wholeNumber(args, 'concurrency', [32, 1, 256]),
    patienceMs: patienceMsOf(args),
    minConfidence: confidenceOf(args),
    isJson: isOn('json'),
    isQuiet: isOn('quiet'),
  };
}
