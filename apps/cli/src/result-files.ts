import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { link, lstat, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import {
  jobOptionsSchema,
  RESULT_FORMATS,
  type JobOptions,
  type ResultFormat,
} from '#contracts/job-options.js';
import { withPreset } from '#contracts/option-presets.js';
import { CommandError } from './exit-codes.js';
import type { Photo, PhotoSelection } from './photo-files.js';
import type { ResultRecords } from './result-records.js';

/** Where results are written. */
export type Target =
  { kind: 'beside' } | { kind: 'folder'; path: string } | { kind: 'file'; path: string } | { kind: 'stdout' };

/** The target for `--out` and the selected photos. @throws CommandError if they do not fit together */
export async function targetOf(
  out: string | undefined,
  { photos, isSingleFile }: PhotoSelection,
): Promise<Target> {
  const hasInput = photos.some(({ path }) => path === '-');
  if (hasInput && photos.length > 1)
    throw new CommandError(
      '- reads one photo from the standard input and cannot be combined with other photos.',
    );
  if (out === '-' || (out === undefined && hasInput)) {
    if (isSingleFile) return { kind: 'stdout' };
    throw new CommandError('--out - needs exactly one photo.');
  }
  if (out === undefined) return { kind: 'beside' };
  const there = await stat(out).catch(() => undefined);
  const isFolder = there?.isDirectory() === true || /[/\\]$/.test(out) || !isSingleFile;
  if (!isFolder) return fileTarget(out, there);
  if (there?.isFile() === true)
    throw new CommandError(`--out ${out} is a file. Several photos need a folder.`);
  if (hasInput) throw new CommandError('A photo from the standard input has no file name. Use --out FILE.');
  return { kind: 'folder', path: out };
}

/** A result may replace a regular file only, not a device. @throws CommandError */
function fileTarget(path: string, there: Stats | undefined): Target {
  if (there === undefined || there.isFile()) return { kind: 'file', path };
  throw new CommandError(`--out ${path} is not a file. To write to the standard output, use --out -`);
}

/** The format that an extension without its dot names. */
function formatOfExtension(extension: string): ResultFormat | undefined {
  const lower = extension.toLowerCase();
  return RESULT_FORMATS.find((format) => format === (lower === 'jpeg' ? 'jpg' : lower));
}

/** The format that the extension of a file name names, if any. */
export function formatNamedBy(path: string): ResultFormat | undefined {
  return formatOfExtension(extname(path).slice(1));
}

/**
 * The format of the results: the requested one, otherwise the one that the extension of `--out` names.
 * @param out name of the option or parameter that names the file, for errors
 * @throws CommandError if the extension and the requested format differ
 */
export function formatFor(
  target: Target,
  requested: ResultFormat | 'auto' | undefined,
  out = '--out',
): ResultFormat | 'auto' | undefined {
  const extension = target.kind === 'file' ? extname(target.path).slice(1) : '';
  if (extension === '') return requested;
  const named = formatOfExtension(extension);
  if (named === undefined) {
    throw new CommandError(
      `${out} cannot be a .${extension} file: results are ${RESULT_FORMATS.map((format) => `.${format}`).join(', ')}.`,
    );
  }
  if (requested === undefined || requested === named) return named;
  const why =
    requested === 'auto' ? 'which is .png or .jpg, depending on the image' : `which is .${requested}`;
  throw new CommandError(
    `${out} names a .${extension} file, but the format is ${requested}, ${why}. Use one of them.`,
  );
}

/** The format that options ask for, by name or through a preset. */
export const formatOf = (options: Partial<JobOptions>): ResultFormat | 'auto' =>
  jobOptionsSchema.parse(withPreset(options)).format;

/** Path of the result of a photo. Not for the standard output. */
export function resultPath(photo: Photo, target: Target, format: ResultFormat): string {
  if (target.kind === 'file') return target.path;
  const stem = (path: string): string => path.slice(0, path.length - extname(path).length);
  if (target.kind === 'folder') return `${join(target.path, stem(photo.relativePath))}.${format}`;
  return join(
    dirname(photo.path),
    `${stem(photo.relativePath.split(/[/\\]/).at(-1) ?? '')}-cutout.${format}`,
  );
}

/** Formats that a result can have. */
export const formatsOf = (format: ResultFormat | 'auto'): readonly ResultFormat[] =>
  format === 'auto' ? ['png', 'jpg'] : [format];

/**
 * @param advice what to do about two photos with the same result file
 * @throws CommandError if two photos have the same result file, or a result would overwrite a photo
 */
export function rejectCollisions(
  photos: readonly Photo[],
  target: Target,
  format: ResultFormat | 'auto',
  advice = 'Run them separately with different --out folders.',
): void {
  const photoOf = new Map<string, string>();
  const paths = new Set(photos.map(({ path }) => resolve(path)));
  for (const name of formatsOf(format)) {
    for (const path of photos.map((photo) => resultPath(photo, target, name))) {
      if (paths.has(resolve(path))) {
        throw new CommandError(
          `The result would overwrite the photo ${path}. Choose another place for the result.`,
        );
      }
    }
  }
  for (const photo of photos) {
    const path = resultPath(photo, target, 'png');
    const other = photoOf.get(path);
    if (other !== undefined) {
      throw new CommandError(
        `${other} and ${photo.path} would both become ${path.replace(/\.png$/, '')}. ${advice}`,
      );
    }
    photoOf.set(path, photo.path);
  }
}

/** An existing result. */
export interface Existing {
  file: string;
  /** Whether the last run made it with the same options; `unknown` if there is no record, or the file has changed since. */
  madeWith: 'same-options' | 'other-options' | 'unknown';
}

/** The result of a photo that is at least as new as the photo; undefined if there is none. */
export async function existingResult(
  photo: Photo,
  { target, format, recipe, records }: Wanted,
): Promise<Existing | undefined> {
  if (target.kind === 'stdout') return undefined;
  for (const name of formatsOf(format)) {
    const file = resultPath(photo, target, name);
    const facts = await stat(file).catch(() => undefined);
    if (facts?.isFile() !== true || facts.mtimeMs < photo.changedMs) continue;
    const record = await records.of(file);
    const isUnchanged = record?.bytes === facts.size;
    return {
      file,
      madeWith: !isUnchanged ? 'unknown' : record.recipe === recipe ? 'same-options' : 'other-options',
    };
  }
  return undefined;
}

/** Target and options of a run, and the records of earlier runs. */
export interface Wanted {
  target: Target;
  format: ResultFormat | 'auto';
  recipe: string;
  records: ResultRecords;
}

/**
 * Writes a file atomically: to a hidden draft in the same folder, which takes its name after its bytes are on the disk.
 * Creates the folder if necessary.
 * @param isReplacing false: an existing file is kept
 * @throws the file system's error: EEXIST if the file exists and is kept
 */
export async function writeAtomically(path: string, bytes: Uint8Array, isReplacing = true): Promise<void> {
  // A name of its own for each writer.
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}-${randomUUID().slice(0, 8)}.part`);
  await writeDraft(draft, bytes);
  try {
    if (isReplacing) await rename(draft, path);
    else await renameToNew(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Writes a file to the disk, and its folder if necessary. Replaces a draft that a killed run has left, and follows no symbolic link.
 * Leaves no file behind on failure.
 */
export async function writeDraft(draft: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(draft), { recursive: true });
  await rm(draft, { force: true });
  try {
    const file = await open(draft, 'wx');
    try {
      await file.writeFile(bytes);
      await file.datasync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Gives a draft its name unless a file has it already; in one step where the file system has hard links. */
async function renameToNew(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    if ((await lstat(path).catch(() => undefined)) !== undefined) {
      throw Object.assign(new Error('the file exists'), { code: 'EEXIST' });
    }
    await rename(draft, path);
  }
}
