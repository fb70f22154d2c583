import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { RESULT_FORMATS, type ResultFormat } from '#contracts/job-options.js';
import { CommandError } from './exit-codes.js';
import type { Found, Photo } from './photo-search.js';
import type { ResultRecords } from './result-records.js';

/** Where results go. */
export type Target =
  { kind: 'beside' } | { kind: 'folder'; path: string } | { kind: 'file'; path: string } | { kind: 'stdout' };

/** Decides where results go from `--out` and what was found. @throws CommandError when these do not fit */
export async function targetOf(out: string | undefined, { photos, isSingleFile }: Found): Promise<Target> {
  const hasInput = photos.some(({ path }) => path === '-');
  if (hasInput && photos.length > 1)
    throw new CommandError('- stands for one photo: do not name others with it.');
  if (out === '-' || (out === undefined && hasInput)) {
    if (isSingleFile) return { kind: 'stdout' };
    throw new CommandError('--out - is for the result of one photo.');
  }
  if (out === undefined) return { kind: 'beside' };
  const there = await stat(out).catch(() => undefined);
  const isFolder = there?.isDirectory() === true || /[/\\]$/.test(out) || !isSingleFile;
  if (!isFolder) return fileTarget(out, there);
  if (there?.isFile() === true) throw new CommandError(`--out ${out} is a file; many photos need a folder.`);
  if (hasInput)
    throw new CommandError('A photo from the standard input has no name: name a file with --out.');
  return { kind: 'folder', path: out };
}

/** A result replaces a file, and nothing that is no file, such as a device. @throws CommandError */
function fileTarget(path: string, there: Stats | undefined): Target {
  if (there === undefined || there.isFile()) return { kind: 'file', path };
  throw new CommandError(`--out ${path} is not a file. To write to the standard output, use --out -`);
}

/**
 * The format of the results: that of the options, and without one that of the name of a single result.
 * @throws CommandError when the name is of another format
 */
export function formatFor(
  target: Target,
  asked: ResultFormat | 'auto' | undefined,
): ResultFormat | 'auto' | undefined {
  const extension = target.kind === 'file' ? extname(target.path).slice(1) : '';
  if (extension === '') return asked;
  const lower = extension.toLowerCase();
  const named = RESULT_FORMATS.find((format) => format === (lower === 'jpeg' ? 'jpg' : lower));
  if (named === undefined) {
    throw new CommandError(
      `--out cannot be a .${extension} file: results are ${RESULT_FORMATS.map((format) => `.${format}`).join(', ')}.`,
    );
  }
  if (asked === undefined || asked === named) return named;
  const why = asked === 'auto' ? 'which is .png or .jpg, depending on the image' : `which is .${asked}`;
  throw new CommandError(
    `--out names a .${extension} file, but the format is ${asked}, ${why}. Leave out one of them.`,
  );
}

/** Path of a result that is a file. */
export function placeOf(photo: Photo, target: Target, format: ResultFormat): string {
  if (target.kind === 'file') return target.path;
  const stem = (path: string): string => path.slice(0, path.length - extname(path).length);
  if (target.kind === 'folder') return `${join(target.path, stem(photo.below))}.${format}`;
  return join(dirname(photo.path), `${stem(photo.below.split(/[/\\]/).at(-1) ?? '')}-cutout.${format}`);
}

/** Formats that a result may turn out to have. */
const formatsOf = (format: ResultFormat | 'auto'): readonly ResultFormat[] =>
  format === 'auto' ? ['png', 'jpg'] : [format];

/** @throws CommandError when two photos would become the same file, or one would be written over */
export function refuseCollisions(
  photos: readonly Photo[],
  target: Target,
  format: ResultFormat | 'auto',
): void {
  const taken = new Map<string, string>();
  const paths = new Set(photos.map(({ path }) => resolve(path)));
  for (const name of formatsOf(format)) {
    for (const place of photos.map((photo) => placeOf(photo, target, name))) {
      if (paths.has(resolve(place))) {
        throw new CommandError(`The result would overwrite the photo ${place}. Choose another --out.`);
      }
    }
  }
  for (const photo of photos) {
    const place = placeOf(photo, target, 'png');
    const other = taken.get(place);
    if (other !== undefined) {
      throw new CommandError(
        `${other} and ${photo.path} would both become ${place.replace(/\.png$/, '')}. Run them separately, with different --out.`,
      );
    }
    taken.set(place, photo.path);
  }
}

/** A result that is there already. */
export interface Existing {
  file: string;
  /** The last run made it with other options, or it is not known how it was made. */
  made: 'alike' | 'otherwise' | 'unknown';
}

/** The result that a photo has already, not older than the photo. Undefined when it has none. */
export async function existingResult(
  photo: Photo,
  { target, format, recipe, records }: Wanted,
): Promise<Existing | undefined> {
  if (target.kind === 'stdout') return undefined;
  for (const name of formatsOf(format)) {
    const file = placeOf(photo, target, name);
    const facts = await stat(file).catch(() => undefined);
    if (facts?.isFile() !== true || facts.mtimeMs < photo.changedMs) continue;
    const record = await records.of(file);
    const isUnchanged = record?.bytes === facts.size;
    return { file, made: !isUnchanged ? 'unknown' : record.recipe === recipe ? 'alike' : 'otherwise' };
  }
  return undefined;
}

/** What results are to be, and what earlier runs made. */
export interface Wanted {
  target: Target;
  format: ResultFormat | 'auto';
  recipe: string;
  records: ResultRecords;
}
