import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { useSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

const SIDE_PIXELS = 7071;

const { system, api } = useSystem();

/** No format takes more memory to open: libwebp and libvips hold all its pixels several times. */
const losslessWebp = (): Promise<Buffer> =>
  sharp(readFileSync('test/photos/astronaut.jpg'))
    .resize(SIDE_PIXELS, SIDE_PIXELS, { kernel: 'nearest' })
    .webp({ lossless: true, effort: 0 })
    .toBuffer();

test('given a lossless WebP of 50 megapixels, when it is posted, then it is cut out under the default limits', async () => {
  const answer = await api.post(await losslessWebp(), {
    headers: { 'Content-Type': 'image/webp', Prefer: 'wait=60' },
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('x-width')).toBe(String(SIDE_PIXELS));
  await nothingRemains(system);
}, 120_000);
