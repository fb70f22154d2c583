import { stat } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { RESULT_FORMATS, type ResultFormat } from '#contracts/job.options.js';
import { CommandError } from './exit.codes.js';
import type { Found, Photo } from './photo.search.js';

/** Where results go. */
export type Target =
  { kind: 'beside' } | { kind: 'folder'; path: string } | { kind: 'file'; path: string } | { kind: 'stdout' };

/** Decides where results go from `--out` and what was found. @throws CommandError when these do not fit */
export async function targetOf(out: string | undefined, { photos, isSingleFile }: Found): Promise<Target> {
  const hasInput = photos.some(({ path }) => path === '-');
  if (hasInput && photos.length > 1)
    throw new CommandError('- stands for one photo: name no others beside it.');
  if (out === '-' || (out === undefined && hasInput)) {
    if (isSingleFile) return { kind: 'stdout' };
    throw new CommandError('--out - takes the result of one photo.');
  }
  if (out === undefined) return { kind: 'beside' };
  const there = await stat(out).catch(() => undefined);
  const isFolder = there?.isDirectory() === true || /[/\\]$/.test(out) || !isSingleFile;
  if (!isFolder) return { kind: 'file', path: out };
  if (there?.isFile() === true) throw new CommandError(`--out ${out} is a file; many photos need a folder.`);
  if (hasInput) throw new CommandError('A photo from the standard input has no name: let --out name a file.');
  return { kind: 'folder', path: out };
}

/** The format that the name of a single result asks for; undefined when it says nothing. */
export function formatOfName(target: Target): ResultFormat | undefined {
  const extension = target.kind === 'file' ? extname(target.path).slice(1).toLowerCase() : '';
  const format = extension === 'jpeg' ? 'jpg' : extension;
  return RESULT_FORMATS.find((name) => name === format);
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
        throw new CommandError(`The result would be written over the photo ${place}: choose another --out.`);
      }
    }
  }
  for (const photo of photos) {
    const place = placeOf(photo, target, 'png');
    const other = taken.get(place);
    if (other !== undefined) {
      throw new CommandError(
        `${other} and ${photo.path} would both become ${place.replace(/\.png$/, '')}: do one of them in a run of its own.`,
      );
    }
    taken.set(place, photo.path);
  }
}

/** The result that a photo has already: a file that is not older than the photo. Undefined when it has none. */
export async function doneAlready(
  photo: Photo,
  target: Target,
  format: ResultFormat | 'auto',
): Promise<string | undefined> {
  if (target.kind === 'stdout') return undefined;
  for (const name of formatsOf(format)) {
    const place = placeOf(photo, target, name);
    const facts = await stat(place).catch(() => undefined);
    if (facts?.isFile() === true && facts.mtimeMs >= photo.changedMs) return place;
  }
  return undefined;
}
