import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { RESULT_FORMATS } from '#contracts/option-names.js';
import { CommandError } from './exit-codes.js';
import { baseFolder, isPattern, patternToRegExp } from './glob-pattern.js';
import type { ResultRecords } from './result-records.js';

/** A photo to process. */
export interface Photo {
  /** Path of the file; `-` is the standard input. */
  path: string;
  /** Path relative to the searched folder or to the fixed part of the pattern; for a named file, its base name. */
  relativePath: string;
  /** Modification time, milliseconds since the epoch. */
  changedMs: number;
}

/** The photos that a command line names. */
export interface PhotoSelection {
  photos: Photo[];
  /** True if the command line names exactly one file. */
  isSingleFile: boolean;
}

/** Extensions of photos, for messages. */
export const PHOTO_EXTENSIONS = '.jpg, .png, .webp, .gif, .bmp, .avif, .tif, .heic';

const IMAGE = /\.(?:jpe?g|png|webp|gif|bmp|avif|tiff?|hei[cf])$/i;

/** True for a file name with the extension of a photo. */
export const isPhotoName = (path: string): boolean => IMAGE.test(path);

const CUTOUT = new RegExp(`-cutout\\.(?:${RESULT_FORMATS.join('|')})$`);

/** Images to skip in folders and patterns. */
export interface Exclusions {
  /** Folder of the results, if any. */
  out: string | undefined;
  /** Results of earlier runs. */
  records: ResultRecords;
  /** True to skip subfolders. */
  isFlat?: boolean;
}

/**
 * Finds the photos that the arguments name: files, folders and patterns. Each photo occurs once, in the order of the
 * arguments and then by name. Folders and patterns select images except results of earlier runs.
 * @throws CommandError for an argument that names no photo
 */
export async function findPhotos(words: readonly string[], exclusions: Exclusions): Promise<PhotoSelection> {
  const found = new Map<string, Photo>();
  let named = 0;
  for (const word of words) {
    const facts = word === '-' ? undefined : await stat(word).catch(() => undefined);
    let photos: Photo[];
    if (word === '-' || facts?.isFile() === true) {
      photos = [{ path: word, relativePath: basename(word), changedMs: facts?.mtimeMs ?? 0 }];
      named += 1;
    } else if (facts?.isDirectory() === true) photos = await photosIn(word, isPhotoName, exclusions);
    else if (isPattern(word)) {
      const expression = patternToRegExp(word);
      photos = await photosIn(baseFolder(word), (path) => expression.test(path), exclusions);
    } else throw new CommandError(`There is no file or folder ${word}`);
    if (photos.length === 0) throw new CommandError(noPhotoIn(word));
    for (const photo of photos) found.set(photo.path === '-' ? '-' : resolve(photo.path), photo);
  }
  return { photos: [...found.values()], isSingleFile: named === 1 && words.length === 1 };
}

const noPhotoIn = (word: string): string =>
  `No photo (${PHOTO_EXTENSIONS}) in ${word}. Results of earlier runs are skipped; to process one, name the file.`;

/** Images in a folder and its subfolders for which `isSelected` is true, without results of earlier runs. */
export async function photosIn(
  folder: string,
  isSelected: (path: string) => boolean,
  { out, records, isFlat = false }: Exclusions,
): Promise<Photo[]> {
  const entries = await readdir(folder, { recursive: !isFlat, withFileTypes: true }).catch(() => []);
  const outFolder = out === undefined ? undefined : resolve(out) + sep;
  if (resolve(folder) + sep === outFolder) {
    throw new CommandError(`--out must be a different folder than ${folder}.`);
  }
  const photos: Photo[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const relativePath = relative(folder, path);
    const isHidden = relativePath.split(sep).some((part) => part.startsWith('.'));
    if (isHidden || !isPhotoName(path) || !isSelected(path.split(sep).join('/'))) continue;
    const isInOut = outFolder !== undefined && resolve(path).startsWith(outFolder);
    if (isInOut || CUTOUT.test(path) || (await records.of(path)) !== undefined) continue;
    const facts = await stat(path).catch(() => undefined);
    if (facts?.isFile() === true) photos.push({ path, relativePath, changedMs: facts.mtimeMs });
  }
  return photos.sort((a, b) => (a.path < b.path ? -1 : 1));
}

const TYPES: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  bmp: 'image/bmp',
  avif: 'image/avif',
  tif: 'image/tiff',
  tiff: 'image/tiff',
};

/** Reads a file; `-` is the standard input. @throws CommandError if it is empty | the file system's error */
export async function readPhoto(path: string, stdin: NodeJS.ReadableStream): Promise<Blob> {
  const bytes = path === '-' ? await buffer(stdin) : await readFile(path);
  if (bytes.length === 0)
    throw new CommandError(path === '-' ? 'The standard input is empty.' : 'the file is empty');
  const type = TYPES[path.split('.').at(-1)?.toLowerCase() ?? ''] ?? '';
  return new Blob([bytes], { type });
}

/** Commands of rembg, which users may type out of habit. */
const REMBG_COMMANDS = new Set(['i', 'p', 'b', 's', 'd']);

type Kind = 'file' | 'folder' | 'nothing';

async function kindOf(path: string): Promise<Kind> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined) return 'nothing';
  return facts.isDirectory() ? 'folder' : 'file';
}

/**
 * Rejects command lines whose second argument probably names the result, as in rembg, cp and magick: `in.png out.png`,
 * `in/ out/`, `i in.png out.png`. For use without `--out`.
 * @throws CommandError with the command that was probably meant
 */
export async function rejectResultArguments(words: readonly string[]): Promise<void> {
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
        'To process the photos in both, name a folder for the results with --out.',
    );
  }
}

const command = (photo: string, result: string | undefined): string =>
  `removebg ${quoted(photo)}${result === undefined ? '' : ` --out ${quoted(result)}`}`;

/** Quotes a word for a shell if necessary. */
const quoted = (word: string): string =>
  /^[\w./~+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
