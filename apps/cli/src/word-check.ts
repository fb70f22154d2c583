import { stat } from 'node:fs/promises';
import { CommandError } from './exit-codes.js';
import { isPattern } from './glob-pattern.js';

/** Commands of rembg, which a name in the place of the first photo may be. */
const REMBG_COMMANDS = new Set(['i', 'p', 'b', 's', 'd']);

type Kind = 'file' | 'folder' | 'nothing';

async function kindOf(path: string): Promise<Kind> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined) return 'nothing';
  return facts.isDirectory() ? 'folder' : 'file';
}

/**
 * Asks back where a second word is likely to name the result, as it does in rembg, cp and magick: `in.png out.png`,
 * `in/ out/`, `i in.png out.png`. Only where `--out` is not given.
 * @throws CommandError with the command that was probably meant
 */
export async function refuseResultAsPhoto(words: readonly string[]): Promise<void> {
  const [first = '', ...rest] = words;
  if (REMBG_COMMANDS.has(first) && rest.length > 0 && (await kindOf(first)) === 'nothing') {
    const [photo = '', result] = rest.filter((word) => !word.startsWith('-'));
    throw new CommandError(`There is no command ${first}. Did you mean: ${command(photo, result)}`);
  }
  const [second, ...more] = rest;
  if (second === undefined || more.length > 0 || first === '-' || second === '-' || isPattern(second)) return;
  const kind = await kindOf(second);
  if (kind === 'nothing') {
    throw new CommandError(`There is no file or folder ${second}. Did you mean: ${command(first, second)}`);
  }
  if (kind === 'folder' && !isPattern(first) && (await kindOf(first)) !== 'nothing') {
    throw new CommandError(
      `Is ${second} the folder for the results? Then write: ${command(first, second)}\n` +
        'To cut out the photos in both, name a folder for the results with --out.',
    );
  }
}

const command = (photo: string, result: string | undefined): string =>
  `removebg ${shown(photo)}${result === undefined ? '' : ` --out ${shown(result)}`}`;

/** A word as it is typed into a shell. */
const shown = (word: string): string =>
  /^[\w./~+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
