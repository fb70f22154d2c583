import type { Mask } from '#imaging/raster/raster.js';
import { Problem } from '#contracts/problem-catalog.js';
import type { Segmentation } from '#imaging/cutout-pipeline.js';
import { MicroBatcher } from '#inference/micro-batcher.js';
import { modelsNamed } from '#inference/model-catalog.js';
import { ModelError, ModelRegistry } from '#inference/model-registry.js';
import { Segmenter, type Picture } from '#inference/segmenter.js';
import { ProviderUnavailable } from '#inference/session-factory.js';
import type { EnginePlan } from '#config/engine-plan.js';
import { SettingsError } from '#config/settings.js';
import type { Declined, EngineFacts } from './engine-contract.js';
import type { ToEngine } from './engine-protocol.js';

type Start = Extract<ToEngine, { type: 'start' }>;

/** Loaded models by name, and facts about the engine. */
export interface LoadedEngine {
  models: ReadonlyMap<string, Segmentation>;
  facts: Omit<EngineFacts, 'pid'>;
}

/**
 * Loads and warms up all models of the first plan that works.
 * @throws SettingsError when a model is unknown or not prepared, or no plan works
 * @throws ModelError when the file of a model is damaged
 */
export async function loadEngine(start: Start): Promise<LoadedEngine> {
  const declined: Declined[] = [];
  let reason = '';
  for (const plan of start.plans) {
    try {
      const engine = await loadPlan(plan, start);
      return { ...engine, facts: { ...engine.facts, declined } };
    } catch (error) {
      if (!(error instanceof ProviderUnavailable)) throw error;
      declined.push({ provider: error.provider, fault: error.fault });
      reason = error.message;
    }
  }
  throw new SettingsError(
    `PROVIDER must be an accelerator of this machine, because one is required: ${reason}.`,
  );
}

async function loadPlan(plan: EnginePlan, start: Start): Promise<LoadedEngine> {
  const segmenters: Segmenter[] = [];
  const models = new Map<string, Segmentation>();
  const registry = new ModelRegistry(process.cwd(), start.modelDir);
  const times = { loadMs: 0, warmUpMs: 0 };
  try {
    for (const name of plan.models) {
      const startedAt = performance.now();
      const segmenter = await load(registry, { name, start, plan });
      segmenters.push(segmenter);
      times.loadMs += performance.now() - startedAt;
      const batch = await warmUp(segmenter, plan, start.warmUp);
      if (models.size === 0 && batch.isWarm) times.warmUpMs = await inferenceMs(segmenter);
      models.set(name, segmentationOf(segmenter, { ...plan, batch: batch.size }));
    }
    return { models, facts: { ...plan, ...times, declined: [] } };
  } catch (error) {
    await Promise.all(segmenters.map((segmenter) => segmenter.release()));
    throw error;
  }
}

interface Wanted {
  name: string;
  start: Start;
  plan: EnginePlan;
}

async function load(registry: ModelRegistry, { name, start, plan }: Wanted): Promise<Segmenter> {
  const [entry] = modelsNamed(process.cwd(), [name]);
  if (entry === undefined || !(await registry.isPrepared(entry))) {
    const advice = `run \`npm run models -- prepare ${name}\` first, with the same MODEL_DIR`;
    throw new SettingsError(`MODEL must be a prepared model, and ${name} is not prepared: ${advice}.`);
  }
  return Segmenter.load(entry, registry.pathOf(entry), start.threads, plan.provider);
}

/**
 * Runs the model on blank images, so that no image pays for the first use of memory or, on an accelerator, for the
 * selection of kernels, which depends on the batch size. The smallest and the largest size come first, because TensorRT
 * compiles for the range it has seen. A model that declares batches and fails on them is run one image at a time.
 * @param isThorough false while images are pending: the warm-up is then skipped on the CPU
 * @returns the batch size that works, and whether the model ran
 * @throws ProviderUnavailable when the accelerator fails
 */
async function warmUp(
  segmenter: Segmenter,
  { provider, batch }: EnginePlan,
  isThorough: boolean,
): Promise<{ size: number; isWarm: boolean }> {
  if (provider === 'cpu' && !isThorough) return { size: 1, isWarm: false };
  await segmenter.warmUp().catch((error: unknown) => {
    if (provider === 'cpu') throw error;
    throw new ProviderUnavailable(provider, 'not-available', 'the first inference failed');
  });
  if (batch === 1 || !segmenter.takesBatches) return { size: 1, isWarm: true };
  const between = Array.from({ length: batch - 2 }, (_, i) => i + 2);
  try {
    for (const images of isThorough ? [batch, ...between] : [batch]) await segmenter.warmUp(images);
    return { size: batch, isWarm: true };
  } catch {
    return { size: 1, isWarm: true };
  }
}

/** Duration of one inference of a warm model on a blank image: the first value of estimates. */
async function inferenceMs(segmenter: Segmenter): Promise<number> {
  const startedAt = performance.now();
  await segmenter.warmUp();
  return performance.now() - startedAt;
}

/** On the CPU, a failed run is an error of the model; on an accelerator, which ran in the warm-up, of the device. */
function segmentationOf(segmenter: Segmenter, { provider, batch }: EnginePlan): Segmentation {
  const run = async (pictures: readonly Picture[]): Promise<readonly Mask[]> => {
    try {
      return await segmenter.segmentAll(pictures);
    } catch (error) {
      // A mask that is none is the model's error on any provider.
      if (provider === 'cpu' || error instanceof ModelError) throw error;
      throw new ProviderUnavailable(provider, 'not-available', 'an inference failed');
    }
  };
  const batcher = new MicroBatcher(run, batch);
  return { inputFor: segmenter.inputFor, segment: batcher.submit };
}

/**
 * The model that an image asks for, or the default one, and the model after it in the order of the setting `MODEL`.
 * @throws Problem `model-unknown`
 */
export function modelFor(
  { models, facts }: LoadedEngine,
  wanted: string | undefined,
): { model: string; segmentation: Segmentation; next: Segmentation | undefined } {
  const model = wanted ?? facts.models[0] ?? '';
  const segmentation = models.get(model);
  if (segmentation === undefined) throw new Problem('model-unknown');
  const next = facts.models[facts.models.indexOf(model) + 1];
  return { model, segmentation, next: next === undefined ? undefined : models.get(next) };
}
