import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineEnvironment } from '../../../apps/worker/src/engine/engine-environment.js';

const WORKER = {
  PATH: '/usr/bin',
  REDIS_URL: 'redis://worker:secret@queue',
  WORKER_KEY_FILE: '/run/worker-key.pem',
  HOME: '/home/worker',
  GLIBC_TUNABLES: 'glibc.malloc.perturb=165:glibc.malloc.mmap_threshold=131072',
  LD_LIBRARY_PATH: '/usr/local/cuda/lib64',
  CUDA_VISIBLE_DEVICES: '1',
};

/** Decodes an image, and prints the number of functions that the loader bound during it. */
const DECODE = `
  const sharp = require('sharp');
  const { readFileSync } = require('node:fs');
  const log = () => readFileSync(process.env.LD_DEBUG_OUTPUT + '.' + process.pid, 'latin1').split('binding file').length;
  const pixels = { create: { width: 64, height: 64, channels: 3, background: 'red' } };
  void (async () => {
    const image = await sharp(pixels).png().toBuffer();
    const before = log();
    await sharp(image).raw().toBuffer();
    console.log(log() - before);
  })();`;

/** Number of functions bound while a new process with the environment `env` decodes an image. */
function lazyBindings(env: NodeJS.ProcessEnv): number {
  const folder = mkdtempSync(join(tmpdir(), 'bindings-'));
  try {
    const debug = { LD_DEBUG: 'bindings', LD_DEBUG_OUTPUT: join(folder, 'log') };
    return Number(execFileSync(process.execPath, ['-e', DECODE], { env: { ...env, ...debug } }).toString());
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('engineEnvironment', () => {
  test('given a worker with secrets, when its engine is started, then the engine gets the allocator settings and nothing else of its environment', () => {
    const { GLIBC_TUNABLES, ...others } = engineEnvironment(WORKER);
    expect(GLIBC_TUNABLES).toMatch(/^glibc\.malloc\.perturb=165:glibc\.malloc\.mmap_threshold=4294967296:/);
    expect(others).toEqual({ ORT_DISABLE_TELEMETRY: '1', LD_BIND_NOW: '1' });
    expect(Object.keys(engineEnvironment({}))).toEqual([
      'ORT_DISABLE_TELEMETRY',
      'LD_BIND_NOW',
      'GLIBC_TUNABLES',
    ]);
  });

  test('given an image, when it is decoded, then no library function is bound lazily, which would save registers', () => {
    expect(lazyBindings(engineEnvironment(WORKER))).toBe(0);
    expect(lazyBindings({})).toBeGreaterThan(0);
  });

  test('given an accelerator, when its engine is started, then it gets the device variables, and the cache on disk is off', () => {
    const { GLIBC_TUNABLES, ...others } = engineEnvironment(WORKER, true);
    expect(GLIBC_TUNABLES).toBe(engineEnvironment(WORKER)['GLIBC_TUNABLES']);
    expect(others).toEqual({
      ORT_DISABLE_TELEMETRY: '1',
      LD_BIND_NOW: '1',
      CUDA_CACHE_DISABLE: '1',
      LD_LIBRARY_PATH: '/usr/local/cuda/lib64',
      CUDA_VISIBLE_DEVICES: '1',
    });
  });
});
