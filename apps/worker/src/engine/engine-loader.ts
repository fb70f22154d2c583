import { Problem } from '#contracts/problem-catalog.js';
import type { Segmentation } from '#imaging/cutout-pipeline.js';
import type { Mask } from '#imaging/matting/matte.js';
import { MicroBatcher } from '#inference/micro-batcher.js';
import { configuredModels } from '#inference/model-catalog.js';
import { ModelRegistry } from '#inference/model-registry.js';
import { Segmenter } from '#inference/segmenter.js';
import { ProviderUnavailable } from '#inference/session-factory.js';
import type { EnginePlan } from '#config/engine-plan.js';
import { SettingsError } from '#config/settings.js';
import type { Declined, EngineFacts } from './engine-contract.js';
import type { ToEngine } from './engine-protocol.js';

type Start = Extract<ToEngine, { type: 'start' }>;

/** Networks that are loaded, by name, and how that went. */
export interface LoadedEngine {
  networks: ReadonlyMap<string, Segmentation>;
  facts: Omit<EngineFacts, 'pid'>;
}

/**
 * Loads and warms all models of the first plan that can be had.
 * @throws SettingsError when a model is unknown or not prepared, or no plan can be had
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
  const networks = new Map<string, Segmentation>();
  const registry = new ModelRegistry(process.cwd(), start.modelDir);
  const times = { loadMs: 0, warmUpMs: 0 };
  try {
    for (const name of plan.models) {
      const begin = performance.now();
      const segmenter = await load(registry, { name, start, plan });
      segmenters.push(segmenter);
      times.loadMs += performance.now() - begin;
      const batch = await warmUp(segmenter, plan, start.warmUp);
      if (networks.size === 0 && batch.isWarm) times.warmUpMs = await inferenceMs(segmenter);
      networks.set(name, networkOf(segmenter, { ...plan, batch: batch.size }));
    }
    return { networks, facts: { ...plan, ...times, declined: [] } };
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
  const [entry] = configuredModels(process.cwd(), [name]);
  if (entry === undefined || !(await registry.isPrepared(entry))) {
    const advice = `run \`npm run models -- prepare ${name}\` first, with the same MODEL_DIR`;
    throw new SettingsError(`MODEL must be a prepared model, and ${name} is not prepared: ${advice}.`);
  }
  return Segmenter.load(entry, registry.pathOf(entry), start.threads, plan.provider);
}

/**
 * First runs, so that no image pays for first touches of memory, nor on an accelerator for the choice of kernels,
 * which is made anew for each size of a batch; the extremes come first, because TensorRT compiles for the range
 * it has seen. A model whose shapes promise batches and that fails on them is run one by one.
 * @returns the batch it can be given, and whether it ran: on the CPU that is spared when images wait
 * @throws ProviderUnavailable when the accelerator fails already here
 */
async function warmUp(
  segmenter: Segmenter,
  { provider, batch }: EnginePlan,
  thorough: boolean,
): Promise<{ size: number; isWarm: boolean }> {
  if (provider === 'cpu' && !thorough) return { size: 1, isWarm: false };
  await segmenter.warmUp().catch((error: unknown) => {
    if (provider === 'cpu') throw error;
    throw new ProviderUnavailable(provider, 'not-available', 'the first inference failed');
  });
  if (batch === 1 || !segmenter.takesBatches) return { size: 1, isWarm: true };
  const between = Array.from({ length: batch - 2 }, (_, i) => i + 2);
  try {
    for (const images of thorough ? [batch, ...between] : [batch]) await segmenter.warmUp(images);
    return { size: batch, isWarm: true };
  } catch {
    return { size: 1, isWarm: true };
  }
}

/** Time of one inference of a warm model, on a blank image: estimates begin with it. */
async function inferenceMs(segmenter: Segmenter): Promise<number> {
  const begin = performance.now();
  await segmenter.warmUp();
  return performance.now() - begin;
}

/** On the CPU a failed run is the model's fault; an accelerator that ran before and fails now is out of order. */
function networkOf(segmenter: Segmenter, { provider, batch }: EnginePlan): Segmentation {
  const run = async (images: readonly Uint8Array[]): Promise<readonly Mask[]> => {
    try {
      return await segmenter.segmentAll(images);
    } catch (error) {
      if (provider === 'cpu') throw error;
      throw new ProviderUnavailable(provider, 'not-available', 'an inference failed');
    }
  };
  const batcher = new MicroBatcher(run, batch);
  return { sidePixels: segmenter.sidePixels, segment: batcher.submit };
}

/** The network that an image asks for, or the default one. @throws Problem `model-unknown` */
export function networkFor(
  { networks, facts }: LoadedEngine,
  wanted: string | undefined,
): { model: string; network: Segmentation } {
  const model = wanted ?? facts.models[0] ?? '';
  const network = networks.get(model);
  if (network === undefined) throw new Problem('model-unknown');
  return { model, network };
}
