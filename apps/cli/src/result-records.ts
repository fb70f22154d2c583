import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { jobOptionsSchema, PROMISES, type JobOptions } from '#contracts/job-options.js';
import { withPreset } from '#contracts/option-presets.js';

/** File next to results with the options of each: one JSON object per line; the last one for a name counts. */
export const RECORDS_FILE = '.removebg.jsonl';

/** Record of a result. */
export interface ResultRecord {
  /** File name of the result. */
  file: string;
  /** Size in bytes when it was written. A different size means that the file was edited. */
  bytes: number;
  /** `recipeOf` the options. */
  recipe: string;
}

/**
 * Identifies everything that determines a result besides the photo: the options, also those of a preset, that differ from
 * their defaults, sorted by name, and the SHA-256 of each further file (`bg_image`, `mask`), as JSON.
 */
export function recipeOf(
  options: Partial<JobOptions>,
  files: Readonly<Record<string, Uint8Array>> = {},
): string {
  const defaults: Record<string, unknown> = jobOptionsSchema.parse({});
  // A default that was named counts where a preset sets another value.
  const all = Object.entries(jobOptionsSchema.parse(withPreset(options)));
  const own: [string, unknown][] = all.filter(
    ([name, value]) => value !== defaults[name] && !isPromise(name),
  );
  for (const [name, bytes] of Object.entries(files))
    own.push([name, createHash('sha256').update(bytes).digest('hex')]);
  return JSON.stringify(Object.fromEntries(own.sort(([a], [b]) => (a < b ? -1 : 1))));
}

const isPromise = (name: string): boolean => PROMISES.some((promise) => promise === name);

/** Records of results. Reads the file of each folder once. */
export class ResultRecords {
  private readonly folders = new Map<string, Promise<Map<string, ResultRecord>>>();

  /** The record of the file at `path`; undefined if there is none. */
  async of(path: string): Promise<ResultRecord | undefined> {
    const folder = dirname(path);
    let records = this.folders.get(folder);
    if (records === undefined) this.folders.set(folder, (records = readRecords(join(folder, RECORDS_FILE))));
    return (await records).get(basename(path));
  }

  /** Adds the record of a result. Ignores write errors: without a record the result is an ordinary file. */
  async add(path: string, facts: Pick<ResultRecord, 'bytes' | 'recipe'>): Promise<void> {
    const record: ResultRecord = { file: basename(path), ...facts };
    const line = `${JSON.stringify(record)}\n`;
    await appendLine(join(dirname(path), RECORDS_FILE), line).catch(() => undefined);
  }
}

/** Appends to a file, not through a symbolic link (on Windows there is no such flag). */
async function appendLine(path: string, line: string): Promise<void> {
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = constants;
  const file = await open(path, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW);
  try {
    await file.writeFile(line);
  } finally {
    await file.close();
  }
}

/** Reads a file of records. Ignores invalid lines, such as an incomplete last one. */
async function readRecords(path: string): Promise<Map<string, ResultRecord>> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const records = text.split('\n').flatMap((line): [string, ResultRecord][] => {
    try {
      const { file, bytes, recipe } = JSON.parse(line) as Partial<ResultRecord>;
      const isRecord = typeof file === 'string' && typeof bytes === 'number' && typeof recipe === 'string';
      return isRecord ? [[file, { file, bytes, recipe }]] : [];
    } catch {
      return [];
    }
  });
  return new Map(records);
}
