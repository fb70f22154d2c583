import { CommandError } from './exit.codes.js';
import type { Flag } from './flag.table.js';
import { nearestName } from './near.name.js';

/** What stood on the command line. */
export interface Arguments {
  /** By name of the flag: text, or whether a switch is on. */
  values: ReadonlyMap<string, string | boolean>;
  /** Everything else, in its order. */
  words: string[];
}

const TRUTH: Readonly<Record<string, boolean>> = { true: true, '1': true, false: false, '0': false };

/** Reads arguments one after the other. */
class ArgumentReader {
  readonly values = new Map<string, string | boolean>();
  readonly words: string[] = [];

  constructor(
    private readonly flags: readonly Flag[],
    private readonly rest: string[],
  ) {}

  read(): void {
    for (let next = this.rest.shift(); next !== undefined; next = this.rest.shift()) {
      if (next === '--') this.words.push(...this.rest.splice(0));
      else if (next.startsWith('--')) this.long(next.slice(2));
      else if (next.startsWith('-') && next !== '-') this.shorts(next.slice(1));
      else this.words.push(next);
    }
  }

  private long(text: string): void {
    const at = text.indexOf('=');
    // Names with underscores are those of the API.
    const typed = (at < 0 ? text : text.slice(0, at)).replaceAll('_', '-');
    const given = at < 0 ? undefined : text.slice(at + 1);
    const flag = this.flags.find(({ name }) => name === typed);
    if (flag !== undefined) {
      this.set(flag, given);
      return;
    }
    const denied = this.flags.find(({ name, kind }) => kind === 'switch' && typed === `no-${name}`);
    if (denied === undefined || given !== undefined) throw unknown(`--${typed}`, this.flags);
    this.values.set(denied.name, false);
  }

  /** `-qo FILE`, `-oFILE`. */
  private shorts(letters: string): void {
    for (let i = 0; i < letters.length; i += 1) {
      const flag = this.flags.find(({ short }) => short === letters[i]);
      if (flag === undefined) throw unknown(`-${letters[i] ?? ''}`, this.flags);
      if (flag.kind === 'switch') this.values.set(flag.name, true);
      else {
        this.set(flag, letters.slice(i + 1) || undefined);
        return;
      }
    }
  }

  private set(flag: Flag, given: string | undefined): void {
    const { name, kind, choices } = flag;
    if (kind === 'switch') {
      const value = given === undefined ? true : TRUTH[given.toLowerCase()];
      if (value === undefined)
        throw new CommandError(`--${name} is on or off: write --${name} or --no-${name}.`);
      this.values.set(name, value);
      return;
    }
    const value = given ?? this.rest.shift();
    if (value === undefined || (given === undefined && value.startsWith('--'))) {
      throw new CommandError(`--${name} needs a value: --${name} ${flag.value ?? 'TEXT'}`);
    }
    if (choices !== undefined && !choices.includes(value)) {
      const near = nearestName(value, choices);
      throw new CommandError(
        `--${name} is one of ${choices.join(', ')}.${near === undefined ? '' : ` Did you mean ${near}?`}`,
      );
    }
    this.values.set(name, value);
  }
}

function unknown(typed: string, flags: readonly Flag[]): CommandError {
  const names = flags.flatMap(({ name, kind }) =>
    kind === 'switch' ? [`--${name}`, `--no-${name}`] : [`--${name}`],
  );
  const near = nearestName(typed, names);
  // An option may have been given a secret by mistake: only its name is repeated.
  return new CommandError(
    `There is no option ${typed}.${near === undefined ? '' : ` Did you mean ${near}?`} See removebg --help`,
  );
}

/** Reads a command line. @throws CommandError that says what is wrong, and what was probably meant */
export function readArguments(argv: readonly string[], flags: readonly Flag[]): Arguments {
  const reader = new ArgumentReader(flags, [...argv]);
  reader.read();
  return reader;
}
