import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { copyFile, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A model cannot be prepared, or its file does not match the manifest. The message is for the operator. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
}

/** Expected length and digest of a file; `name` is the model's, for messages. */
export interface Expected {
  name: string;
  bytes: number;
  sha256: string;
  /** Files with weights, relative to the folder of the file. */
  weights?: { files: readonly { file: string; bytes: number; sha256: string }[] } | undefined;
}

/** Called while a model is written, with the bytes written and the total. */
export type PrepareProgress = (doneBytes: number, totalBytes: number) => void;

/** Hex digest of the concatenated chunks. */
export function sha256Of(...pieces: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}

/** JSON in a file. @throws ModelError when it cannot be read or is invalid */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new ModelError(`${path} cannot be read, or is not JSON`);
  }
}

/** JSON in a file; undefined when the file does not exist. @throws ModelError when it is invalid */
export function readJsonIfExists(path: string): unknown {
  try {
    readFileSync(path);
  } catch {
    return undefined;
  }
  return readJson(path);
}

/** Content of a file; undefined when it cannot be read. */
export const readIfExists = (path: string): Promise<Buffer | undefined> =>
  readFile(path).catch(() => undefined);

/** Length of a file in bytes; undefined when there is none. */
export async function lengthOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true ? found.size : undefined;
}

/** The error of a model file or of its weights, or undefined when they are intact. */
export async function findDamage(
  path: string,
  { weights, ...expected }: Expected,
): Promise<ModelError | undefined> {
  for (const { file, ...more } of weights?.files ?? []) {
    const damage = await damageOf(join(dirname(path), file), { name: expected.name, ...more });
    if (damage !== undefined) return damage;
  }
  return damageOf(path, expected);
}

async function damageOf(
  path: string,
  { name, ...expected }: Omit<Expected, 'weights'>,
): Promise<ModelError | undefined> {
  if ((await lengthOf(path)) !== expected.bytes) {
    return new ModelError(`${name}: ${path} is missing or has the wrong length`);
  }
  const intact = (await sha256OfFile(path)) === expected.sha256;
  return intact ? undefined : new ModelError(`${name}: the sha256 of ${path} does not match the manifest`);
}

/** Hex digest of a file, read in chunks. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return hash.digest('hex');
}

/**
 * Writes a file atomically, also when two processes write it at the same time.
 * @throws ModelError when the content does not match; nothing is left behind
 */
export async function writeAtomically(
  path: string,
  pieces: readonly Uint8Array[],
  expected: Expected,
  onProgress: PrepareProgress,
): Promise<void> {
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const sha256 = sha256Of(...pieces);
  if (bytes !== expected.bytes || sha256 !== expected.sha256) {
    throw new ModelError(
      `${expected.name}: the assembled file does not match the manifest: ${bytes} bytes, sha256 ${sha256}`,
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

/** Copies a file atomically. */
export const copyAtomically = (from: string, path: string): Promise<void> =>
  replace(path, (part) => copyFile(from, part));

/** Writes a text file atomically. */
export const writeText = (path: string, text: string): Promise<void> =>
  replace(path, (part) => writeFile(part, text));

/** Writes JSON atomically. */
export const writeJson = (path: string, content: unknown): Promise<void> =>
  writeText(path, `${JSON.stringify(content, null, 2)}\n`);

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
