import { parseArgs } from 'node:util';
import { nearestName } from '#contracts/nearest-name.js';
import { EXIT_USAGE, ToolError } from './report.js';

/** Options of a command by name. `help` is answered by bootstrap.mjs. */
export type Options = Readonly<Record<string, { type: 'string' | 'boolean'; short?: string }>>;

export interface CommandLine {
  values: Readonly<Record<string, string | boolean | undefined>>;
  positionals: string[];
}

/**
 * Reads the command line of a command.
 * @param from `hasPositionals`: arguments that are not options are accepted
 * @throws ToolError that names the fault, and the option that was probably meant
 */
export function readArguments(
  options: Options,
  { args = process.argv.slice(2), hasPositionals = false } = {},
): CommandLine {
  const { values, positionals, tokens } = parseArgs({
    ...{ args, options, strict: false, allowPositionals: true, tokens: true },
  });
  for (const token of tokens) if (token.kind === 'option') checkOption(token, options);
  const [word] = positionals;
  if (word !== undefined && !hasPositionals) throw usageError(`Unexpected argument "${word}".`);
  return { values, positionals };
}

interface OptionToken {
  name: string;
  rawName: string;
  value?: string | undefined;
  inlineValue?: boolean | undefined;
}

function checkOption({ name, rawName, value, inlineValue }: OptionToken, options: Options): void {
  const type = Object.hasOwn(options, name) ? options[name]?.type : undefined;
  if (type === undefined) requireOption(rawName, Object.keys(options));
  // An argument that starts with two dashes is the next option, not a value.
  const isMissing = value === undefined || (inlineValue !== true && value.startsWith('--'));
  if (type === 'string' && isMissing) throw usageError(`${rawName} needs a value.`);
  if (type === 'boolean' && value !== undefined) throw usageError(`${rawName} takes no value.`);
}

const usageError = (fault: string): ToolError =>
  new ToolError(`${fault} --help lists the options.`, EXIT_USAGE);

/**
 * @param rawName an option as it was written
 * @param known names of options, without dashes
 * @throws ToolError when the option is not known
 */
export function requireOption(rawName: string, known: readonly string[]): void {
  const name = rawName.replace(/^-+/, '');
  if (known.includes(name)) return;
  const meant = nearestName(name, known);
  throw usageError(`Unknown option ${rawName}.${meant === undefined ? '' : ` Did you mean --${meant}?`}`);
}
