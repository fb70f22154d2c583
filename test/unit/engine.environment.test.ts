import { engineEnvironment } from '../../apps/worker/src/engine/engine.environment.js';

const WORKER = {
  PATH: '/usr/bin',
  REDIS_URL: 'redis://worker:secret@queue',
  KEK_FILE: '/run/kek',
  HOME: '/home/worker',
  GLIBC_TUNABLES: 'glibc.malloc.perturb=165:glibc.malloc.mmap_threshold=131072',
  LD_LIBRARY_PATH: '/usr/local/cuda/lib64',
  CUDA_VISIBLE_DEVICES: '1',
};

describe('engine.environment', () => {
  test('given a worker with secrets, when its engine is started, then it gets the allocator settings and nothing else of them', () => {
    const { GLIBC_TUNABLES, ...others } = engineEnvironment(WORKER);
    expect(GLIBC_TUNABLES).toMatch(/^glibc\.malloc\.perturb=165:glibc\.malloc\.mmap_threshold=4294967296:/);
    expect(others).toEqual({ ORT_DISABLE_TELEMETRY: '1' });
    expect(Object.keys(engineEnvironment({}))).toEqual(['ORT_DISABLE_TELEMETRY', 'GLIBC_TUNABLES']);
  });

  test('given an accelerator to be tried, when its engine is started, then it learns where that is, and may keep no file', () => {
    const { GLIBC_TUNABLES, ...others } = engineEnvironment(WORKER, true);
    expect(GLIBC_TUNABLES).toBe(engineEnvironment(WORKER)['GLIBC_TUNABLES']);
    expect(others).toEqual({
      ORT_DISABLE_TELEMETRY: '1',
      CUDA_CACHE_DISABLE: '1',
      LD_LIBRARY_PATH: '/usr/local/cuda/lib64',
      CUDA_VISIBLE_DEVICES: '1',
    });
  });
});
