import { createHash } from 'node:crypto';
import { appendFile, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { jobOptionsSchema, type JobOptions } from '#contracts/job-options.js';

/** File beside results that says how each of them was made: one JSON object a line, the last one of a name counts. */
export const RECORDS_FILE = '.removebg.jsonl';

/** How a result was made. */
export interface ResultRecord {
  /** Name of the result in its folder. */
  file: string;
  /** Its size when it was written. Another size is a file that somebody changed. */
  bytes: number;
  /** `recipeOf` its options. */
  recipe: string;
}

/**
 * What decides about a result besides its photo, as text: the options that differ from their defaults, in the order of
 * their names, and the SHA-256 of the background image.
 */
export function recipeOf(options: Partial<JobOptions>, background?: Uint8Array): string {
  const defaults: Record<string, unknown> = jobOptionsSchema.parse({});
  const own = Object.entries(options).filter(([name, value]) => value !== defaults[name]);
  if (background !== undefined) own.push(['bg_image', createHash('sha256').update(background).digest('hex')]);
  return JSON.stringify(Object.fromEntries(own.sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** The records of results, read once from each folder that is asked about. */
export class ResultRecords {
  private readonly folders = new Map<string, Promise<Map<string, ResultRecord>>>();

  /** How the file at `path` was made; undefined when it is no recorded result. */
  async of(path: string): Promise<ResultRecord | undefined> {
    const folder = dirname(path);
    let records = this.folders.get(folder);
    if (records === undefined) this.folders.set(folder, (records = readRecords(join(folder, RECORDS_FILE))));
    return (await records).get(basename(path));
  }

  /** Records the result that was written to `path`. Without a record it is a file like any other, and no error. */
  async add(path: string, facts: Pick<ResultRecord, 'bytes' | 'recipe'>): Promise<void> {
    const record: ResultRecord = { file: basename(path), ...facts };
    await appendFile(join(dirname(path), RECORDS_FILE), `${JSON.stringify(record)}\n`).catch(() => undefined);
  }
}

/** Reads a file of records; what is no record, such as a line that was cut short, counts for nothing. */
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
