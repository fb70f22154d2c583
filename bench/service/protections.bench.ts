/**
 * Cost of the protections: images per second of the whole service with process limits, wiping allocators and start-up
 * guard, against the same service without them (`RETENTION_GUARD=warn`). Encryption and wiping of buffers cannot be
 * disabled and are in both. The two systems run alternately.
 *
 * usage: npm run bench -- protections [--megapixels 4] [--rounds 6] [--images 4] [--json]
 */
import { BARE, CONTAINED } from '../../test/harness/redis-process.js';
import { startSystem, type TestSystem } from '../../test/harness/system.js';
import { argument, median, show, tenth } from '../lib/figures.js';
import { photoOf } from '../lib/photo.js';

const megapixels = Number(argument('megapixels', '4'));
const rounds = Number(argument('rounds', '6'));
const images = Number(argument('images', '4'));
const photo = new Uint8Array(await photoOf(megapixels));

/** Images per second of one system with two concurrent requests. */
async function throughput({ url }: TestSystem): Promise<number> {
  const startedAt = performance.now();
  let left = images;
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      const headers = { 'Content-Type': 'image/jpeg', Prefer: 'wait=60' };
      const response = await fetch(`${url}/v1/jobs`, { method: 'POST', headers, body: photo });
      if (response.status !== 200) throw new Error(`status ${response.status}`);
      await response.arrayBuffer();
    }
  };
  await Promise.all([client(), client()]);
  return images / ((performance.now() - startedAt) / 1000);
}

const protectedSystem = await startSystem({}, 1, CONTAINED);
const bare = await startSystem({ RETENTION_GUARD: 'warn', GLIBC_TUNABLES: '' }, 1, BARE);
try {
  await throughput(protectedSystem);
  await throughput(bare);
  const on: number[] = [];
  const off: number[] = [];
  for (let round = 0; round < rounds; round++) {
    on.push(await throughput(protectedSystem));
    off.push(await throughput(bare));
    process.stderr.write(
      `round ${round + 1}: on ${on.at(-1)?.toFixed(2)}, off ${off.at(-1)?.toFixed(2)} images/s\n`,
    );
  }
  const ratios = on.map((rate, i) => rate / (off[i] ?? NaN));
  show('protections', {
    megapixels,
    imagesPerSecond: { on: tenth(median(on) * 10) / 10, off: tenth(median(off) * 10) / 10 },
    ratio: {
      median: tenth(median(ratios) * 100) / 100,
      each: ratios.map((ratio) => tenth(ratio * 100) / 100),
    },
  });
} finally {
  await protectedSystem.stop();
  await bare.stop();
}
