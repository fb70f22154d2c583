import { jobOptionsSchema, type JobOptions } from '#contracts/job-options.js';
import { cutOut } from '#imaging/cutout-pipeline.js';
import { ModelRegistry } from '#inference/model-registry.js';
import { Segmenter } from '#inference/segmenter.js';
import { canRefine, type RunnerSpec, type Refinement, type Runner } from './runner-protocol.js';

const LIMITS = { maxPixels: 200_000_000, maxProgressivePixels: 200_000_000, maxSidePixels: 20_000 };

type Ours = Extract<RunnerSpec, { kind: 'ours' }>;
type Network = Extract<RunnerSpec, { kind: 'network' }>;

/** The pipeline as the service's engine runs it, to PNG. */
export async function loadOurs(spec: Ours): Promise<Runner> {
  const network = await segmenterOf(spec);
  const options = optionsFor(spec.refine);
  return async (image) => {
    const { data, timingsMs } = await cutOut({
      image,
      options,
      limits: LIMITS,
      network,
      onStage: () => undefined,
    });
    return { output: data, stagesMs: timingsMs };
  };
}

/** The model alone, on decoded pixels. */
export async function loadNetwork(spec: Network): Promise<Runner> {
  const { inputFor, segment } = await segmenterOf(spec);
  const { width, height } = inputFor();
  return async (data) => ({ output: (await segment({ data, width, height })).data, stagesMs: {} });
}

async function segmenterOf({ model, modelDir, threads }: Ours | Network): Promise<Segmenter> {
  const registry = new ModelRegistry(process.cwd(), modelDir);
  const found = registry.find(model);
  const segmenter = await Segmenter.load(found, registry.pathOf(found), threads);
  await segmenter.warmUp();
  return segmenter;
}

const optionsFor = (refine: Refinement): JobOptions =>
  jobOptionsSchema.parse({ format: 'png', only: 'cutout', ...(canRefine && { refine }) });
