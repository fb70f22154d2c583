import { parseArgs } from 'node:util';
import { LauncherError } from './report.mjs';

/** Exit status of a command line that makes no sense. */
export const EXIT_USAGE = 2;

/**
 * Reads the command line of a launcher command.
 * @template {Record<string, { type: 'string' | 'boolean', short?: string }>} O
 * @param {O} options that the command takes, by name, beside `--help`
 * @param {{ args?: string[], positionals?: boolean }} [from] `positionals`: words that are no options are taken too
 * @returns {{ values: { [name: string]: string | boolean | undefined }, positionals: string[] }}
 * @throws LauncherError that names what is wrong, and the option that was probably meant
 */
export function readArguments(
  options,
  { args = process.argv.slice(2), positionals: takesWords = false } = {},
) {
  const known = { help: /** @type {const} */ ({ type: 'boolean', short: 'h' }), ...options };
  const { values, positionals, tokens } = parseArgs({
    ...{ args, options: known, strict: false, allowPositionals: true, tokens: true },
  });
  for (const token of tokens) if (token.kind === 'option') checkOption(token, known);
  const [word] = positionals;
  if (word !== undefined && !takesWords) throw usage(`"${word}" is not understood here.`);
  return { values: /** @type {Record<string, string | boolean | undefined>} */ (values), positionals };
}

/**
 * @param {{ name: string, rawName: string, value?: string | undefined, inlineValue?: boolean | undefined }} token
 * @param {Record<string, { type: 'string' | 'boolean' }>} known
 */
function checkOption({ name, rawName, value, inlineValue }, known) {
  const type = Object.hasOwn(known, name) ? known[name]?.type : undefined;
  if (type === undefined) requireOption(rawName, Object.keys(known));
  // What follows an option is its value, unless it is an option itself.
  const isMissing = value === undefined || (inlineValue !== true && value.startsWith('--'));
  if (type === 'string' && isMissing) throw usage(`${rawName} needs a value.`);
  if (type === 'boolean' && value !== undefined) throw usage(`${rawName} takes no value.`);
}

/**
 * @param {string} fault
 * @param {string} [hint]
 */
const usage = (fault, hint = '') =>
  new LauncherError(`${fault}${hint} --help shows what there is.`, EXIT_USAGE);

/**
 * @param {string} rawName as it was written
 * @param {string[]} known names of options, without dashes
 * @throws LauncherError when it is none of them
 */
export function requireOption(rawName, known) {
  const name = rawName.replace(/^-+/, '');
  if (known.includes(name)) return;
  const meant = nearest(name, known);
  throw usage(`There is no option ${rawName}.`, meant === undefined ? '' : ` Did you mean --${meant}?`);
}

/**
 * The word that was probably meant: at most two letters apart, or a third of its length if that is more.
 * @param {string} word
 * @param {readonly string[]} known
 * @returns {string | undefined}
 */
function nearest(word, known) {
  const near = known
    .map((each) => ({ each, apart: distance(word, each) }))
    .filter(({ each, apart }) => apart <= Math.max(2, Math.floor(each.length / 3)) && apart < each.length)
    .sort((one, other) => one.apart - other.apart);
  return near[0]?.each;
}

/**
 * Letters to insert, delete or replace (Levenshtein), by the usual table, row by row.
 * @param {string} from
 * @param {string} to
 */
export function distance(from, to) {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 1; line <= from.length; line += 1) {
    const next = [line];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (from[line - 1] === to[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
