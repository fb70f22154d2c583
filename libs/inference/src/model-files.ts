import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { copyFile, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A model cannot be prepared, or its file is not what the manifest says. The message is for the operator. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
}

/** Length and content that a file must have; `name` is the model's, for messages. */
export interface Expected {
  name: string;
  bytes: number;
  sha256: string;
}

/** Called while a model is written: bytes done, bytes in all. */
export type PrepareProgress = (doneBytes: number, totalBytes: number) => void;

/** Hex digest of bytes that may come in pieces. */
export function sha256Of(...pieces: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}

/** JSON in a file. @throws ModelError when it cannot be read or is none */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new ModelError(`${path} cannot be read, or is not JSON`);
  }
}

/** The same, or undefined when there is no such file. @throws ModelError when there is one and it is no JSON */
export function readJsonIfThere(path: string): unknown {
  try {
    readFileSync(path);
  } catch {
    return undefined;
  }
  return readJson(path);
}

/** Whole content of a file; undefined when it cannot be read. */
export const readIfThere = (path: string): Promise<Buffer | undefined> =>
  readFile(path).catch(() => undefined);

/** Length of a file in bytes; undefined when there is none. */
export async function lengthOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true ? found.size : undefined;
}

/** What is wrong with a model's file, or undefined. */
export async function damageOf(
  path: string,
  { name, ...expected }: Expected,
): Promise<ModelError | undefined> {
  if ((await lengthOf(path)) !== expected.bytes) {
    return new ModelError(`${name}: ${path} is missing or has the wrong length`);
  }
  const intact = (await sha256OfFile(path)) === expected.sha256;
  return intact ? undefined : new ModelError(`${name}: the sha256 of ${path} is not the manifest's`);
}

/** Hex digest of a file, read in pieces. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return hash.digest('hex');
}

/**
 * Writes a file that appears at once and whole, or not at all, also when two processes write it at the same time.
 * @throws ModelError when the pieces are not what is expected; nothing is left behind then
 */
export async function writeWhole(
  path: string,
  pieces: readonly Uint8Array[],
  expected: Expected,
  onProgress: PrepareProgress,
): Promise<void> {
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const sha256 = sha256Of(...pieces);
  if (bytes !== expected.bytes || sha256 !== expected.sha256) {
    throw new ModelError(
      `${expected.name}: what was put together is not the file of the manifest: ${bytes} bytes, sha256 ${sha256}`,
    );
  }
  await replace(path, async (part) => {
    const file = await open(part, 'w');
    try {
      let doneBytes = 0;
      for (const piece of pieces) {
        await file.writeFile(piece);
        onProgress((doneBytes += piece.length), bytes);
      }
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/** Copies a file, in the same all-or-nothing way. */
export const copyWhole = (from: string, path: string): Promise<void> =>
  replace(path, (part) => copyFile(from, part));

/** Writes JSON, in the same all-or-nothing way. */
export const writeJson = (path: string, content: unknown): Promise<void> =>
  replace(path, (part) => writeFile(part, `${JSON.stringify(content, null, 2)}\n`));

async function replace(path: string, write: (part: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.${process.pid}.part`;
  try {
    await write(part);
    await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
}
