import type { Provider } from '#contracts/execution-providers.js';
import type { Settings } from './settings.schema.js';

/** One way to set an engine up: where it computes, with which networks, and how many images at once. */
export interface EnginePlan {
  provider: Provider;
  /** Names of the manifest; the first is the default. */
  models: string[];
  /** Most images that one run of a network takes. */
  batch: number;
}

/** Quantised for CPUs: no accelerator of ONNX Runtime has kernels for it. */
const CPU_MODEL = 'isnet';
/** The same network in half precision. */
const ACCELERATOR_MODEL = 'isnet-fp16';
const ACCELERATOR_BATCH = 8;

/**
 * What `auto` tries, best first. TensorRT compiles for minutes at each start, because nothing may be written to
 * keep what it made; WebGPU is experimental and may be a rasteriser in software: both have to be named.
 */
const AUTOMATIC: readonly Provider[] = ['cuda', 'dml', 'coreml'];

type Wish = Pick<Settings, 'PROVIDER' | 'REQUIRE_ACCELERATOR' | 'MODEL' | 'BATCH'>;

/**
 * The ways to set an engine up, in the order in which they are to be tried: the accelerators asked for, and then
 * the CPU, unless an accelerator is required. Without MODEL each has the model that suits it.
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

/** The models that clients may ask for: all of any plan, the default of the first plan first. */
export const offeredModels = (wish: Wish): string[] => [
  ...new Set(enginePlans(wish).flatMap(({ models }) => models)),
];
