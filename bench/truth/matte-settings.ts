/** Settings that are compared, and the networks that they need. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jobOptionsSchema, type JobOptions } from '#contracts/job-options.js';
import type { Segmentation } from '#imaging/cutout-pipeline.js';
import { ModelRegistry } from '#inference/model-registry.js';
import { Segmenter } from '#inference/segmenter.js';
import { prepareModel } from '#model-builder/model-preparation.js';

export interface Setting {
  /** Model, refinement and effort. */
  name: string;
  model: string;
  options: JobOptions;
}

/** Every combination; the first one is what the others are compared with. */
export function settingsOf(
  models: readonly string[],
  refinements: readonly string[],
  efforts: readonly string[],
): Setting[] {
  return models.flatMap((model) =>
    refinements.flatMap((refine) =>
      efforts.map((effort) => ({
        name: `${model} ${refine} ${effort}`,
        model,
        options: optionsOf(refine, effort),
      })),
    ),
  );
}

/** `standard` is the only effort of a service without that option. */
function optionsOf(refine: string, effort: string): JobOptions {
  const hasEffort = jobOptionsSchema.safeParse({ effort }).success;
  if (!hasEffort && effort !== 'standard') throw new Error(`--efforts: the service has no effort ${effort}`);
  return jobOptionsSchema.parse({ refine, ...(hasEffort && { effort }) });
}

/** A network that measures its runs, and may remember their masks. */
export interface MeasuredNetwork {
  segmentation: Segmentation;
  /** Runs and milliseconds of inference since the last call. `spentMs` is what really passed. */
  take: () => { runs: number; ms: number; spentMs: number };
  release: () => Promise<void>;
}

/**
 * @param cache folder for masks of runs; another time the same picture is not inferred again, and its first time counts
 */
export async function loadNetwork(model: string, threads: number, cache?: string): Promise<MeasuredNetwork> {
  const registry = new ModelRegistry(process.cwd(), process.env.MODEL_DIR ?? '.cache/models');
  const entry = registry.find(model);
  const segmenter = await Segmenter.load(entry, await prepareModel(registry, entry), threads);
  await segmenter.warmUp();
  let total = { runs: 0, ms: 0, spentMs: 0 };
  const segment: Segmentation['segment'] = async (picture) => {
    const startedAt = performance.now();
    const file = cache === undefined ? undefined : join(cache, `${keyOf(entry.sha256, picture)}.mask`);
    const known = file !== undefined && existsSync(file) ? maskOf(readFileSync(file)) : undefined;
    const mask = known ?? (await segmenter.segment(picture));
    const spentMs = performance.now() - startedAt;
    const ms = known?.ms ?? spentMs;
    if (file !== undefined && known === undefined) {
      mkdirSync(cache!, { recursive: true });
      writeFileSync(file, bytesOf(mask, ms));
    }
    total = { runs: total.runs + 1, ms: total.ms + ms, spentMs: total.spentMs + spentMs };
    return { data: mask.data, width: mask.width, height: mask.height };
  };
  return {
    segmentation: { inputFor: segmenter.inputFor, segment },
    take: () => {
      const taken = total;
      total = { runs: 0, ms: 0, spentMs: 0 };
      return taken;
    },
    release: () => segmenter.release(),
  };
}

type Mask = Awaited<ReturnType<Segmentation['segment']>>;

const keyOf = (
  model: string,
  { data, width, height }: { data: Uint8Array; width: number; height: number },
): string => createHash('sha256').update(`${model} ${width} ${height} `).update(data).digest('hex');

const HEADER_BYTES = 12;

function bytesOf({ data, width, height }: Mask, ms: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(width, 0);
  header.writeUInt32LE(height, 4);
  header.writeFloatLE(ms, 8);
  return Buffer.concat([header, data]);
}

const maskOf = (bytes: Buffer): Mask & { ms: number } => ({
  width: bytes.readUInt32LE(0),
  height: bytes.readUInt32LE(4),
  ms: bytes.readFloatLE(8),
  data: Uint8Array.from(bytes.subarray(HEADER_BYTES)),
});
