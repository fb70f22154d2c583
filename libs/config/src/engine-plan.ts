import type { Provider } from '#contracts/execution-providers.js';
import type { Settings } from './settings.schema.js';

/** Configuration of an engine: execution provider, models, batch size. */
export interface EnginePlan {
  provider: Provider;
  /** Names of models in the manifest; the first is the default. */
  models: string[];
  /** Maximum batch size of one inference. */
  batch: number;
}

/** Quantized for CPUs; accelerators of ONNX Runtime have no kernels for it. */
const CPU_MODEL = 'isnet';
/** The same model in half precision. */
const ACCELERATOR_MODEL = 'isnet-fp16';
const ACCELERATOR_BATCH = 8;

/**
 * Providers that `auto` tries, best first. TensorRT and WebGPU must be named: TensorRT compiles for minutes at each start,
 * because its cache may not be written; WebGPU is experimental and may be a software rasterizer.
 */
const AUTOMATIC: readonly Provider[] = ['cuda', 'dml', 'coreml'];

type Wish = Pick<Settings, 'PROVIDER' | 'REQUIRE_ACCELERATOR' | 'MODEL' | 'BATCH'>;

/**
 * Engine configurations in the order in which they are tried: the configured accelerators, then the CPU, unless an accelerator
 * is required. Without MODEL each has its own default model.
 */
export function enginePlans({ PROVIDER, REQUIRE_ACCELERATOR, MODEL, BATCH }: Wish): EnginePlan[] {
  const named = PROVIDER === 'auto' ? AUTOMATIC : [PROVIDER];
  const accelerators = named.filter((provider) => provider !== 'cpu');
  const plans = accelerators.map((provider) => ({
    provider,
    models: MODEL ?? [ACCELERATOR_MODEL],
    batch: BATCH ?? ACCELERATOR_BATCH,
  }));
  if (REQUIRE_ACCELERATOR) return plans;
  return [...plans, { provider: 'cpu', models: MODEL ?? [CPU_MODEL], batch: 1 }];
}

/** Models that clients may choose: those of all plans, the default of the first plan first. */
export const offeredModels = (wish: Wish): string[] => [
  ...new Set(enginePlans(wish).flatMap(({ models }) => models)),
];
