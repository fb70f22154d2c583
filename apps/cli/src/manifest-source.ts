import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { CommandError } from './exit-codes.js';

/** Largest manifest that is read from the standard input, which has to be kept in memory. */
const MAX_INPUT_MIB = 64;

/** A line of a manifest that is not blank. */
export interface SourceLine {
  /** From 1. */
  number: number;
  text: string;
}

/** A manifest that can be read twice: to check it, and to run it. */
export class ManifestSource {
  private constructor(
    /** For messages. */
    readonly name: string,
    /** Path of the file; undefined for the standard input. */
    readonly path: string | undefined,
    private readonly content: Buffer | undefined,
    private readonly version: string,
  ) {}

  /** Opens a file, or reads the standard input for `-`. @throws CommandError */
  static async open(word: string, stdin: NodeJS.ReadableStream): Promise<ManifestSource> {
    if (word === '-') {
      const content = await buffer(stdin);
      if (content.length > MAX_INPUT_MIB * 1024 * 1024)
        throw new CommandError(
          `A manifest from the standard input can have at most ${MAX_INPUT_MIB} MiB. Save it to a file.`,
        );
      return new ManifestSource('The manifest', undefined, content, '');
    }
    const version = await versionOf(word);
    if (version === undefined) throw new CommandError(`There is no file ${word}.`);
    return new ManifestSource(word, resolve(word), undefined, version);
  }

  /** Folder that relative paths start from. */
  get folder(): string {
    return this.path === undefined ? process.cwd() : dirname(this.path);
  }

  /** `jobs.results.jsonl` for `jobs.jsonl`; `-` for the standard input. */
  get resultsPath(): string {
    if (this.path === undefined) return '-';
    return join(this.folder, `${basename(this.path).replace(/\.(?:jsonl|ndjson|json)$/i, '')}.results.jsonl`);
  }

  /** Its lines, as a stream. @throws CommandError if the file has changed since it was opened, or cannot be read */
  async *lines(): AsyncGenerator<SourceLine, void, undefined> {
    if (this.path !== undefined && (await versionOf(this.path)) !== this.version)
      throw new CommandError(`${this.name} was changed while it was read. Run the command again.`);
    const input = this.path === undefined ? Readable.from([this.content]) : createReadStream(this.path);
    let number = 0;
    try {
      for await (const line of createInterface({ input, crlfDelay: Infinity })) {
        number += 1;
        const text = number === 1 ? line.replace(/^\ufeff/, '') : line;
        if (text.trim() !== '') yield { number, text };
      }
    } finally {
      input.destroy();
    }
  }
}

/** Size and time of a regular file; undefined if there is none. */
async function versionOf(path: string): Promise<string | undefined> {
  const facts = await stat(path).catch(() => undefined);
  return facts?.isFile() === true ? `${facts.size} ${facts.mtimeMs} ${facts.ino}` : undefined;
}
