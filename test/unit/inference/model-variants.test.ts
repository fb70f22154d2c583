/** @jest-environment ./test/harness/onnx-environment.cjs */
import { jobOptionsSchema } from '#contracts/job-options.js';
import { cutOut } from '#imaging/cutout-pipeline.js';
import { Segmenter } from '#inference/segmenter.js';
import sharp from 'sharp';
import { photo, PHOTOS, softIou } from '../../harness/photos.js';
import { preparedModel } from '../../harness/prepared-model.js';

type Photo = (typeof PHOTOS)[number];

const LIMITS = { maxPixels: 10_000_000, maxProgressivePixels: 10_000_000, maxSidePixels: 10_000 };
const LONG_MS = 120_000;

/** Alpha that the whole pipeline gives with a model, for each photo. */
async function alphasOf(name: string): Promise<Record<Photo, Buffer>> {
  const { entry, path } = await preparedModel(name);
  const network = await Segmenter.load(entry, path, 2);
  const alphas: Partial<Record<Photo, Buffer>> = {};
  for (const each of PHOTOS) {
    const { data } = await cutOut({
      image: photo(each),
      options: jobOptionsSchema.parse({}),
      limits: LIMITS,
      network,
      onStage: () => undefined,
    });
    alphas[each] = await sharp(data).extractChannel(3).raw().toBuffer();
  }
  await network.release();
  return alphas as Record<Photo, Buffer>;
}

const meanDifference = (a: Buffer, b: Buffer): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;

describe('model variants', () => {
  let float32: Record<Photo, Buffer>;
  beforeAll(async () => {
    float32 = await alphasOf('isnet-fp32');
  }, LONG_MS);

  test(
    'given the default, in bytes on half the grid, when it cuts out photos, then alpha is that of plain floats',
    async () => {
      const int8 = await alphasOf('isnet');
      const [differences, ious] = [
        PHOTOS.map((each) => meanDifference(int8[each], float32[each])),
        PHOTOS.map((each) => softIou(int8[each], float32[each])),
      ];
      const mean = (values: number[]): number => values.reduce((sum, value) => sum + value) / values.length;
      expect({
        differences,
        ious,
        ok: mean(differences) <= 0.7 && Math.min(...ious) >= 0.99,
      }).toMatchObject({
        ok: true,
      });
    },
    LONG_MS,
  );
});
