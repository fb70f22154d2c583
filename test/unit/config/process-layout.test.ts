import { machineOf, memoryNote, processLayout, threadsOf } from '#config/process-layout.js';
import { loadSettings } from '#config/settings.js';

const PLENTY_MB = 1_000_000;
const layout = (env: Record<string, string>, cores: number, memoryMb = PLENTY_MB): string => {
  const { workers, threads } = processLayout(loadSettings(env), { cores, memoryMb });
  return `${workers}×${threads}`;
};

describe('process.layout', () => {
  test.each<[env: Record<string, string>, cores: number, memoryMb: number, expected: string]>([
    [{}, 1, PLENTY_MB, '1×1'],
    [{}, 2, PLENTY_MB, '1×2'],
    [{}, 4, PLENTY_MB, '1×4'],
    [{}, 5, PLENTY_MB, '1×4'],
    [{}, 8, PLENTY_MB, '2×4'],
    [{}, 64, PLENTY_MB, '16×4'],
    [{}, 64, 8192, '8×4'],
    [{ LAYOUT: 'latency' }, 6, PLENTY_MB, '1×6'],
    [{ LAYOUT: 'latency' }, 64, PLENTY_MB, '1×8'],
    [{ LAYOUT: 'throughput' }, 2, PLENTY_MB, '2×1'],
    [{ LAYOUT: 'throughput' }, 16, PLENTY_MB, '16×1'],
    [{ LAYOUT: 'throughput' }, 16, 6000, '5×1'],
    [{ LAYOUT: 'throughput' }, 16, 500, '1×1'],
    [{ PROVIDER: 'cuda' }, 32, PLENTY_MB, '1×8'],
    [{ PROVIDER: 'auto', LAYOUT: 'throughput' }, 32, PLENTY_MB, '1×8'],
    [{ WORKERS: '3' }, 16, PLENTY_MB, '3×5'],
    [{ WORKERS: '3', LAYOUT: 'throughput' }, 16, PLENTY_MB, '3×1'],
    [{ WORKERS: '3' }, 2, PLENTY_MB, '3×1'],
    [{ WORKERS: '3' }, 16, 500, '3×5'],
    [{ THREADS: '2' }, 16, PLENTY_MB, '8×2'],
    [{ THREADS: '2', LAYOUT: 'throughput' }, 16, PLENTY_MB, '8×2'],
    [{ THREADS: '2', LAYOUT: 'latency' }, 16, PLENTY_MB, '1×2'],
    [{ WORKERS: '2', THREADS: '7', PROVIDER: 'cuda' }, 4, 500, '2×7'],
  ])(
    'given %j, when there are %i cores and %i MiB, then workers × threads are %4$s',
    (env, cores, mb, expected) => {
      expect(layout(env, cores, mb)).toBe(expected);
    },
  );

  test('given models whose memory was measured, when it does not suffice, then there are fewer workers, and a line says so', () => {
    const machine = { cores: 16, memoryMb: 16_000, modelsMb: 4096 };
    const settings = loadSettings({});
    expect(processLayout(settings, machine)).toEqual({ workers: 3, threads: 4 });
    expect(memoryNote(settings, machine)).toBe(
      'Memory allows 3 of 4 workers: a worker needs about 4608 MiB with its models, and this machine has 16000 MiB.',
    );
    expect(memoryNote(settings, { ...machine, memoryMb: 2000 })).toContain('Memory allows 1 of 4 workers');
    expect(memoryNote(loadSettings({ WORKERS: '4' }), machine)).toContain('may not suffice for 4 workers');
    expect(memoryNote(settings, { ...machine, cores: 4, memoryMb: 4000 })).toContain('for 1 worker:');
    expect(memoryNote(settings, { ...machine, memoryMb: PLENTY_MB })).toBeUndefined();
    expect(memoryNote(loadSettings({ PROVIDER: 'cuda' }), { ...machine, memoryMb: 1 })).toBeUndefined();
    expect(processLayout(settings, { ...machine, modelsMb: 100 })).toEqual({ workers: 4, threads: 4 });
  });

  test('given a worker started alone, when nothing says how many there are, then it takes the machine for its own', () => {
    const machine = { cores: 16, memoryMb: PLENTY_MB };
    const threads = (env: Record<string, string>): number => threadsOf(loadSettings(env), machine);
    expect(threads({})).toBe(8);
    expect(threads({ LAYOUT: 'throughput' })).toBe(1);
    expect(threads({ WORKERS: '4' })).toBe(4);
    expect(threads({ THREADS: '3' })).toBe(3);
  });

  test('given this machine, when it is looked at, then it has a core and memory', () => {
    const { cores, memoryMb } = machineOf();
    expect(cores).toBeGreaterThan(0);
    expect(memoryMb).toBeGreaterThan(100);
  });
});
