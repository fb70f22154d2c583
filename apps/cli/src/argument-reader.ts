import { parseArgs, type ParseArgsConfig } from 'node:util';
import { CommandError } from './exit-codes.js';
import type { Flag } from './flag-table.js';
import { nearestName } from '#contracts/nearest-name.js';

/** The parsed command line. */
export interface Arguments {
  /** Values by option name: text, or the state of a switch. */
  values: ReadonlyMap<string, string | boolean>;
  /** All values of options that may be repeated, in their order. */
  lists: ReadonlyMap<string, readonly string[]>;
  /** Positional arguments. */
  words: string[];
}

const BOOLEANS: Readonly<Record<string, boolean>> = {
  ...{ true: true, yes: true, on: true, '1': true },
  ...{ false: false, no: false, off: false, '0': false },
};

/**
 * Parses a command line with Node's `parseArgs`. If an option occurs twice, the last one counts, unless it is a list.
 * @throws CommandError with the error and a suggestion; never contains a value
 */
export function readArguments(argv: readonly string[], flags: readonly Flag[]): Arguments {
  const { tokens } = parseArgs({
    args: withDashes(argv),
    options: parserOptions(flags),
    strict: false,
    tokens: true,
  });
  const values = new Map<string, string | boolean>();
  const lists = new Map<string, string[]>();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const [name, value] = valueOf(token, flags);
    values.set(name, value);
    if (typeof value === 'string' && flags.some((flag) => flag.name === name && flag.isList === true)) {
      lists.set(name, [...(lists.get(name) ?? []), value]);
    }
  }
  return { values, lists, words };
}

/** Accepts the API's names with underscores: `--bg_color` becomes `--bg-color`. */
function withDashes(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((text, at) => {
    const isOption = text.startsWith('--') && (end < 0 || at < end);
    return isOption ? text.replace(/^[^=]+/, (name) => name.replaceAll('_', '-')) : text;
  });
}

const parserOptions = (flags: readonly Flag[]): ParseArgsConfig['options'] =>
  Object.fromEntries(
    flags.map(({ name, short, kind }) => [
      name,
      { type: kind === 'switch' ? 'boolean' : 'string', ...(short !== undefined && { short }) } as const,
    ]),
  );

interface OptionToken {
  name: string;
  rawName: string;
  value?: string | undefined;
  inlineValue?: boolean | undefined;
}

/** Name and value of an option. @throws CommandError */
function valueOf(token: OptionToken, flags: readonly Flag[]): [name: string, value: string | boolean] {
  const { name, rawName, value, inlineValue } = token;
  const flag = flags.find((known) => known.name === name);
  if (flag?.kind === 'switch') return [name, booleanOf(name, value)];
  if (flag !== undefined) {
    if (value === undefined || (inlineValue !== true && value.startsWith('--'))) {
      throw new CommandError(`--${name} needs a value: --${name} ${flag.value ?? 'TEXT'}`);
    }
    return [name, value];
  }
  const negated = flags.find(({ name, kind }) => kind === 'switch' && rawName === `--no-${name}`);
  if (negated === undefined || value !== undefined) throw unknownOption(rawName, flags);
  return [negated.name, false];
}

function booleanOf(name: string, value: string | undefined): boolean {
  const isOn = value === undefined ? true : BOOLEANS[value.toLowerCase()];
  if (isOn === undefined) throw new CommandError(`Invalid --${name}. Use --${name} or --no-${name}.`);
  return isOn;
}

function unknownOption(rawName: string, flags: readonly Flag[]): CommandError {
  const names = flags.flatMap(({ name, kind }) =>
    kind === 'switch' ? [`--${name}`, `--no-${name}`] : [`--${name}`],
  );
  const near = nearestName(rawName, names);
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  return new CommandError(`Unknown option ${rawName}.${hint} Run removebg --help for all options.`);
}
