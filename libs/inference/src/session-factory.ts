import { env, InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
import type { Provider } from '#contracts/execution-providers.js';
import { ModelError } from './model-files.js';
import type { ModelEntry } from './model-manifest.js';

// Native code must not print: errors are returned to the caller.
env.logLevel = 'fatal';

/**
 * Why a model cannot run on an accelerator: ONNX Runtime was built without the provider; its libraries, driver or
 * device are missing; or the device has no kernels for the model.
 */
export type ProviderFault = 'not-offered' | 'not-available' | 'not-suited';

/** A model cannot run on the requested provider. The message is for the operator. */
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

/** Runs a single convolution on an accelerator, without a model file. @throws ProviderUnavailable when it fails */
export async function tryProvider(provider: Provider): Promise<void> {
  requireSupported(provider);
  await probe({ provider, threads: 1 }, 32);
}

function requireSupported(provider: Provider): void {
  const isSupported = listSupportedBackends().some(({ name }) => name === provider);
  if (!isSupported)
    throw new ProviderUnavailable(provider, 'not-offered', 'this build of ONNX Runtime has none');
}

/** Provider and number of CPU threads. */
export interface SessionPlace {
  provider: Provider;
  threads: number;
}

/**
 * Creates a session of a verified file. On an accelerator the session has that provider only and is checked, because
 * ONNX Runtime assigns nodes to the CPU without notice: creation fails when a provider is missing, but not when its
 * device has no kernel for a node, so a model may run entirely on the CPU. The session is therefore created with CPU
 * fallback disabled (`session.disable_cpu_ep_fallback`). If that fails, but a convolution of the model's number
 * format runs with fallback disabled, single nodes may run on the CPU, such as conversions of bytes at either end. A
 * quantized model gets no fallback: its convolutions are the nodes that accelerators lack. Memory of the device
 * cannot be overwritten from here; it is freed when the process ends.
 * @throws ProviderUnavailable when it cannot run there; ModelError when it cannot be loaded on the CPU
 */
export async function openSession(
  entry: ModelEntry,
  path: string,
  place: SessionPlace,
): Promise<InferenceSession> {
  const { provider } = place;
  if (provider === 'cpu') return openOnCpu(entry, path, place);
  requireSupported(provider);
  const strict = await create(path, place, { cpuForbidden: true }).catch(() => undefined);
  if (strict !== undefined) return strict;
  const width = floatWidth(entry);
  await probe(place, width ?? 32);
  if (width === undefined)
    throw new ProviderUnavailable(provider, 'not-suited', `${entry.name} is quantized`);
  return create(path, place, { cpuForbidden: false }).catch((error: unknown) => {
    throw new ProviderUnavailable(provider, 'not-suited', `${entry.name}: ${textOf(error)}`);
  });
}

/** Opens a model on the CPU whose manifest entry does not exist yet. @throws Error of ONNX Runtime */
export const openModel = (path: string, threads: number): Promise<InferenceSession> =>
  create(path, { provider: 'cpu', threads }, { cpuForbidden: false });

async function openOnCpu(entry: ModelEntry, path: string, place: SessionPlace): Promise<InferenceSession> {
  return create(path, place, { cpuForbidden: false }).catch((error: unknown) => {
    throw new ModelError(`${entry.name}: ${path} cannot be loaded: ${textOf(error)}`);
  });
}

/** Float width of a model's convolutions; undefined when they are quantized. */
function floatWidth({ source }: ModelEntry): FloatWidth | undefined {
  if (source.kind !== 'recipe') return 32;
  if (source.recipe.kind === 'int8') return undefined;
  return source.recipe.kind === 'float16' ? 16 : 32;
}

/** Runs a convolution on the device without CPU fallback. @throws ProviderUnavailable when that fails */
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
 * Memory patterns and the arena are disabled so that pixels do not stay in pools. Graph optimization `all` was
 * measured: loading takes 0.2 s longer than with `extended`, and inference a fifth less.
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

/** Float width that a model computes with, in bits. */
export type FloatWidth = 16 | 32;

/**
 * Models of a single convolution, as ONNX in base64: a device that runs one supports the main operation of
 * segmentation models. Made by `tools/model-builder/onnx/convolution-probe.ts`.
 */
const PROBES: Record<FloatWidth, string> = {
  16:
    'CAgSC3JlbW92ZWJnLWJkOsQBClUKBWlucHV0Cgd3ZWlnaHRzEgZvdXRwdXQaC291dHB1dDpDb252IgRDb252KhUKDGtlcm5lbF9z' +
    'aGFwZUADQAOgAQcqEQoEcGFkc0ABQAFAAUABoAEHEgVwcm9iZVofCgVpbnB1dBIWChQIChIQCgIIAQoCCAgKAggICgIICFohCgd3' +
    'ZWlnaHRzEhYKFAgKEhAKAggICgIICAoCCAMKAggDYiAKBm91dHB1dBIWChQIChIQCgIIAQoCCAgKAggICgIICEIECgAQD0IRCg1j' +
    'b20ubWljcm9zb2Z0EAE=',
  32:
    'CAgSC3JlbW92ZWJnLWJkOsQBClUKBWlucHV0Cgd3ZWlnaHRzEgZvdXRwdXQaC291dHB1dDpDb252IgRDb252KhUKDGtlcm5lbF9z' +
    'aGFwZUADQAOgAQcqEQoEcGFkc0ABQAFAAUABoAEHEgVwcm9iZVofCgVpbnB1dBIWChQIARIQCgIIAQoCCAgKAggICgIICFohCgd3' +
    'ZWlnaHRzEhYKFAgBEhAKAggICgIICAoCCAMKAggDYiAKBm91dHB1dBIWChQIARIQCgIIAQoCCAgKAggICgIICEIECgAQD0IRCg1j' +
    'b20ubWljcm9zb2Z0EAE=',
};

/** The probe of a float width, as an ONNX file. */
export const convolutionProbe = (width: FloatWidth): Uint8Array => Buffer.from(PROBES[width], 'base64');

/** A dimension: its length, or the name of a dynamic one. */
type Dimension = number | string;

/** Compares inputs and outputs of a loaded model with the manifest. @throws ModelError that names the difference */
export function checkInterface(session: InferenceSession, { name, input, output }: ModelEntry): void {
  const inputFound = session.inputMetadata.find((each) => each.name === input.name);
  compare(`${name}: input ${input.name}`, inputFound, {
    type: input.type,
    shapes: [inputShape(input)],
  });
  if (session.inputMetadata.length > 1) throw new ModelError(`${name}: the model has further inputs`);
  const outputFound = session.outputMetadata.find((each) => each.name === output.name);
  compare(`${name}: output ${output.name}`, outputFound, {
    type: output.type,
    shapes: outputShapes(output),
  });
}

/** Dimensions as the manifest has them; `undefined` is any length. */
type Expected = (number | undefined)[];

function inputShape({ layout, size }: ModelEntry['input']): Expected {
  const [width, height] = size.fit === 'keep' ? [undefined, undefined] : [size.width, size.height];
  return layout === 'nchw' ? [1, 3, height, width] : [1, height, width, 3];
}

function outputShapes({ class: chosen, size }: ModelEntry['output']): Expected[] {
  const [width, height] = [size?.width, size?.height];
  const channels = chosen?.count ?? 1;
  const shapes = [
    [1, channels, height, width],
    [1, height, width, channels],
  ];
  return channels === 1 ? [...shapes, [1, height, width]] : shapes;
}

/** True when the first dimension of input and output is dynamic. */
export const takesBatches = (
  { inputMetadata, outputMetadata }: InferenceSession,
  { input, output }: { input: { name: string }; output: { name: string } },
): boolean =>
  [
    ...inputMetadata.filter(({ name }) => name === input.name),
    ...outputMetadata.filter(({ name }) => name === output.name),
  ].every((each) => each.isTensor && typeof each.shape[0] === 'string');

function compare(
  what: string,
  found: InferenceSession.ValueMetadata | undefined,
  expected: { type: string; shapes: Expected[] },
): void {
  if (found === undefined) throw new ModelError(`${what}: the model has no value of that name`);
  if (!found.isTensor || found.type !== expected.type) {
    throw new ModelError(`${what}: is not of type ${expected.type}`);
  }
  // Outputs may have no shape: it is checked in each run.
  if (found.shape.length > 0 && !expected.shapes.some((shape) => matchesShape(found.shape, shape))) {
    throw new ModelError(`${what}: has the shape [${found.shape.join(', ')}]`);
  }
}

const matchesShape = (found: readonly Dimension[], expected: Expected): boolean =>
  found.length === expected.length &&
  found.every((dim, i) => typeof dim === 'string' || expected[i] === undefined || dim === expected[i]);
