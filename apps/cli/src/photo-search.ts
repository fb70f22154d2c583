import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { CommandError } from './exit-codes.js';
import { folderOfPattern, isPattern, patternExpression } from './glob-pattern.js';
import type { ResultRecords } from './result-records.js';

/** A photo to be cut out. */
export interface Photo {
  /** Where it is; `-` is the standard input. */
  path: string;
  /** Its path below the folder or the fixed part of the pattern that it was found by; the name of a file. */
  below: string;
  /** When it was last changed, milliseconds since the epoch. */
  changedMs: number;
}

/** What was found. */
export interface Found {
  photos: Photo[];
  /** True when one file was named, by its name. */
  isSingleFile: boolean;
}

const IMAGE = /\.(?:jpe?g|png|webp|gif|bmp|avif|tiff?|hei[cf])$/i;
const CUTOUT = /-cutout\.(?:jpg|png|webp|zip)$/;

/** What is not taken for a photo although it may look like one. */
export interface Exceptions {
  /** Folder of the results, when there is one. */
  out: string | undefined;
  /** Results of earlier runs. */
  records: ResultRecords;
}

/**
 * The photos that words of a command line name, each once, in the order of the words and by name within them. Of
 * folders and patterns images are taken, and no earlier cut-outs.
 * @throws CommandError for a word that leads to nothing
 */
export async function findPhotos(words: readonly string[], exceptions: Exceptions): Promise<Found> {
  const found = new Map<string, Photo>();
  let named = 0;
  for (const word of words) {
    const facts = word === '-' ? undefined : await stat(word).catch(() => undefined);
    let photos: Photo[];
    if (word === '-' || facts?.isFile() === true) {
      photos = [{ path: word, below: basename(word), changedMs: facts?.mtimeMs ?? 0 }];
      named += 1;
    } else if (facts?.isDirectory() === true)
      photos = await photosIn(word, (path) => IMAGE.test(path), exceptions);
    else if (isPattern(word)) {
      const expression = patternExpression(word);
      photos = await photosIn(folderOfPattern(word), (path) => expression.test(path), exceptions);
    } else throw new CommandError(`There is no file or folder ${word}`);
    if (photos.length === 0) throw new CommandError(noPhotoIn(word));
    for (const photo of photos) found.set(photo.path === '-' ? '-' : resolve(photo.path), photo);
  }
  return { photos: [...found.values()], isSingleFile: named === 1 && words.length === 1 };
}

const noPhotoIn = (word: string): string =>
  `No photo (.jpg, .png, .webp, .gif, .bmp, .avif, .tif) in ${word}. Results of earlier runs do not count: name such a file itself.`;

/** Images below a folder that `isWanted` and no earlier run made, by their path as a user would write it. */
async function photosIn(
  folder: string,
  isWanted: (path: string) => boolean,
  { out, records }: Exceptions,
): Promise<Photo[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const outFolder = out === undefined ? undefined : resolve(out) + sep;
  if (resolve(folder) + sep === outFolder) {
    throw new CommandError(`--out must be another folder than ${folder}.`);
  }
  const photos: Photo[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const below = relative(folder, path);
    const isHidden = below.split(sep).some((part) => part.startsWith('.'));
    if (isHidden || !IMAGE.test(path) || !isWanted(path.split(sep).join('/'))) continue;
    const isInOut = outFolder !== undefined && resolve(path).startsWith(outFolder);
    if (isInOut || CUTOUT.test(path) || (await records.of(path)) !== undefined) continue;
    const facts = await stat(path).catch(() => undefined);
    if (facts?.isFile() === true) photos.push({ path, below, changedMs: facts.mtimeMs });
  }
  return photos.sort((a, b) => (a.path < b.path ? -1 : 1));
}
