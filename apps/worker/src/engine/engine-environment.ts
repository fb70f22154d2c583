const MMAP_THRESHOLD = 'glibc.malloc.mmap_threshold';

/**
 * glibc settings of the engine, added to those of its worker, which lets go of large blocks at once. Large tensors would otherwise be mapped and faulted
 * anew for each layer, because zero retention forbids ONNX Runtime's arena, which would keep them: that costs more
 * than wiping freed memory does.
 */
const KEEP_LARGE_BLOCKS = [
  `${MMAP_THRESHOLD}=4294967296`,
  'glibc.malloc.trim_threshold=8589934592',
  'glibc.malloc.top_pad=268435456',
];

/** ONNX Runtime's own telemetry would open files in the home and temporary folders, and the network. */
const NO_TELEMETRY = { ORT_DISABLE_TELEMETRY: '1' };

/**
 * Functions of libraries are bound when they are loaded. Bound at their first call, in the midst of an image, the
 * loader would save all vector registers on that thread's stack, and with them what was copied last.
 */
const NO_LATE_BINDING = { LD_BIND_NOW: '1' };

/** Where the libraries of an accelerator and its device are found. */
const DEVICE_VARIABLES = [
  'LD_LIBRARY_PATH',
  'CUDA_VISIBLE_DEVICES',
  'NVIDIA_VISIBLE_DEVICES',
  'VK_DRIVER_FILES',
  'VK_ICD_FILENAMES',
];

/** CUDA would keep what it compiled in a file. */
const NO_CACHE = { CUDA_CACHE_DISABLE: '1' };

/**
 * The whole environment of an engine under a worker with environment `env`: no secret of it reaches the decoders.
 * @param accelerated whether an accelerator is to be tried
 */
export function engineEnvironment(env: NodeJS.ProcessEnv, accelerated = false): NodeJS.ProcessEnv {
  return {
    ...NO_TELEMETRY,
    ...NO_LATE_BINDING,
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
