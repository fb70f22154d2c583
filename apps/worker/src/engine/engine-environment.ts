const MMAP_THRESHOLD = 'glibc.malloc.mmap_threshold';

/**
 * glibc settings of the engine, added to those of its worker, which returns large blocks at once. Zero retention rules
 * out the arena of ONNX Runtime, so without these settings large tensors would be mapped and faulted in again for each
 * layer, which costs more than wiping freed memory.
 */
const KEEP_LARGE_BLOCKS = [
  `${MMAP_THRESHOLD}=4294967296`,
  'glibc.malloc.trim_threshold=8589934592',
  'glibc.malloc.top_pad=268435456',
];

/** The telemetry of ONNX Runtime would open files in the home and temporary folders, and network connections. */
const NO_TELEMETRY = { ORT_DISABLE_TELEMETRY: '1' };

/**
 * Binds library functions at load time. Lazy binding at the first call would save all vector registers, which may hold
 * image data, on the stack of the calling thread.
 */
const NO_LAZY_BINDING = { LD_BIND_NOW: '1' };

/** Variables that locate the libraries and the device of an accelerator. */
const DEVICE_VARIABLES = [
  'LD_LIBRARY_PATH',
  'CUDA_VISIBLE_DEVICES',
  'NVIDIA_VISIBLE_DEVICES',
  'VK_DRIVER_FILES',
  'VK_ICD_FILENAMES',
];

/** CUDA would cache compiled kernels in files. */
const NO_CACHE = { CUDA_CACHE_DISABLE: '1' };

/**
 * The environment of an engine whose worker has the environment `env`. Nothing else of `env`, and so no secret, reaches
 * the decoders.
 * @param accelerated true when an accelerator is tried
 */
export function engineEnvironment(env: NodeJS.ProcessEnv, accelerated = false): NodeJS.ProcessEnv {
  return {
    ...NO_TELEMETRY,
    ...NO_LAZY_BINDING,
    ...allocatorOf(env),
    ...(accelerated && { ...NO_CACHE, ...devicesOf(env) }),
  };
}

function allocatorOf({ GLIBC_TUNABLES: own }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others = own?.split(':').filter((tunable) => !tunable.startsWith(`${MMAP_THRESHOLD}=`)) ?? [];
  return { GLIBC_TUNABLES: [...others, ...KEEP_LARGE_BLOCKS].join(':') };
}

const devicesOf = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(DEVICE_VARIABLES.filter((key) => env[key] !== undefined).map((key) => [key, env[key]]));
