import { env, InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
import type { Provider } from '#contracts/execution-providers.js';
import { ModelError } from './model-files.js';
import type { ModelEntry } from './model-manifest.js';
import { convolutionProbe, type FloatWidth } from './provider-probe.js';

// What native code prints is for nobody: whatever goes wrong comes back as an error.
env.logLevel = 'fatal';

/**
 * Why a network cannot run on an accelerator: ONNX Runtime was built without that provider, or its libraries,
 * driver or device are missing, or the device has no kernels for this network.
 */
export type ProviderFault = 'not-offered' | 'not-available' | 'not-suited';

/** A network cannot run where it was asked to. The message is for the operator. */
export class ProviderUnavailable extends Error {
  override readonly name = 'ProviderUnavailable';

  constructor(
    readonly provider: Provider,
    readonly fault: ProviderFault,
    detail: string,
  ) {
    super(`${provider} is ${fault.replace('-', ' ')} here: ${detail}`);
  }
}

/**
 * Runs a network of one convolution on an accelerator, with no model.
 * @throws ProviderUnavailable when that cannot be done
 */
export async function tryProvider(provider: Provider): Promise<void> {
  requireOffered(provider);
  await probe({ provider, threads: 1 }, 32);
}

function requireOffered(provider: Provider): void {
  const offered = listSupportedBackends().some(({ name }) => name === provider);
  if (!offered) throw new ProviderUnavailable(provider, 'not-offered', 'this build of ONNX Runtime has none');
}

/** Where a network is to run, and with how many CPU threads. */
export interface SessionPlace {
  provider: Provider;
  threads: number;
}

/**
 * Makes a session of a file that has been verified. On an accelerator the session has that provider alone, and
 * is checked, because ONNX Runtime is silent about work that it leaves to the CPU: creating fails when a provider
 * is missing, but not when its device has no kernel for a node, and a network without a single one then "runs".
 * So the session is made with the CPU forbidden (`session.disable_cpu_ep_fallback`). Only where that is refused
 * and a convolution of the network's kind does run with the CPU forbidden, single nodes are left to the CPU,
 * such as the conversion of bytes at either end. A quantised network gets no such leave: its convolutions are
 * the nodes that accelerators lack. What a device keeps in its own memory cannot be overwritten from here: it is
 * free again when the process ends.
 * @throws ProviderUnavailable when it cannot run there; ModelError when it cannot be loaded on the CPU
 */
export async function openSession(
  entry: ModelEntry,
  path: string,
  place: SessionPlace,
): Promise<InferenceSession> {
  const { provider } = place;
  if (provider === 'cpu') return openOnCpu(entry, path, place);
  requireOffered(provider);
  const whole = await create(path, place, { cpuForbidden: true }).catch(() => undefined);
  if (whole !== undefined) return whole;
  const width = floatWidth(entry);
  await probe(place, width ?? 32);
  if (width === undefined)
    throw new ProviderUnavailable(provider, 'not-suited', `${entry.name} is quantised`);
  return create(path, place, { cpuForbidden: false }).catch((error: unknown) => {
    throw new ProviderUnavailable(provider, 'not-suited', `${entry.name}: ${textOf(error)}`);
  });
}

async function openOnCpu(entry: ModelEntry, path: string, place: SessionPlace): Promise<InferenceSession> {
  return create(path, place, { cpuForbidden: false }).catch((error: unknown) => {
    throw new ModelError(`${entry.name}: ${path} cannot be loaded: ${textOf(error)}`);
  });
}

/** Width of the numbers that a network's convolutions work on; undefined when they are quantised. */
function floatWidth({ source }: ModelEntry): FloatWidth | undefined {
  if (source.kind !== 'recipe') return 32;
  if (source.recipe.kind === 'int8') return undefined;
  return source.recipe.kind === 'float16' ? 16 : 32;
}

/** Runs a convolution on the device and nowhere else. @throws ProviderUnavailable when that fails */
async function probe(place: SessionPlace, width: FloatWidth): Promise<void> {
  try {
    const session = await create(convolutionProbe(width), place, { cpuForbidden: true });
    const feeds = session.inputMetadata.map((input) => {
      const dims = input.isTensor ? input.shape.map(Number) : [];
      return [input.name, zeros(width, dims)] as const;
    });
    await session.run(Object.fromEntries(feeds));
    await session.release();
  } catch (error) {
    throw new ProviderUnavailable(place.provider, 'not-available', textOf(error));
  }
}

function zeros(width: FloatWidth, dims: readonly number[]): Tensor {
  const size = dims.reduce((product, dim) => product * dim, 1);
  return width === 16
    ? new Tensor('float16', new Uint16Array(size), dims)
    : new Tensor('float32', new Float32Array(size), dims);
}

/**
 * Memory patterns and the arena are off so that pixels do not linger in pools; graph optimisation `all` is
 * measured: it loads 0.2 s slower than `extended` and then infers a fifth faster.
 */
function create(
  model: string | Uint8Array,
  { provider, threads }: SessionPlace,
  { cpuForbidden }: { cpuForbidden: boolean },
): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableMemPattern: false,
    enableCpuMemArena: false,
    logSeverityLevel: 4,
    ...(cpuForbidden && { extra: { session: { disable_cpu_ep_fallback: '1' } } }),
  };
  return typeof model === 'string'
    ? InferenceSession.create(model, options)
    : InferenceSession.create(model, options);
}

const textOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unknown reason';
