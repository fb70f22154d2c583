/**
 * Writes test/photos/<name>.alpha.png, the mattes that tests compare the service's own with: the same model,
 * run in the plainest way. sharp resizes the photo to 1024², the pixels are normalized in floats, ONNX Runtime
 * runs with its default options and without graph optimization, and the mask is enlarged by libvips (bicubic).
 * None of the service's code is used.
 *
 *   npm run models -- prepare isnet-original && node bench/pipeline/reference-alpha.mjs
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ort from 'onnxruntime-node';
import sharp from 'sharp';

const SIDE = 1024;
const root = new URL('../..', import.meta.url);
const photos = new URL('test/photos/', root);
const model = new URL(`${process.env.MODEL_DIR ?? '.cache/models'}/isnet-original.onnx`, root);

const session = await ort.InferenceSession.create(fileURLToPath(model), {
  graphOptimizationLevel: 'disabled',
});
for (const name of readdirSync(photos).filter((file) => file.endsWith('.jpg'))) {
  const photo = fileURLToPath(new URL(name, photos));
  const { width, height } = await sharp(photo).metadata();
  const rgb = await sharp(photo).resize(SIDE, SIDE, { fit: 'fill' }).removeAlpha().raw().toBuffer();
  const input = Float32Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
    const [channel, pixel] = [Math.floor(i / (SIDE * SIDE)), i % (SIDE * SIDE)];
    return (rgb[pixel * 3 + channel] - 128) / 256;
  });
  const { output } = await session.run({ input: new ort.Tensor('float32', input, [1, 3, SIDE, SIDE]) });
  const mask = Uint8Array.from(output.data, (value) => Math.round(255 * Math.min(1, Math.max(0, value))));
  await sharp(mask, { raw: { width: SIDE, height: SIDE, channels: 1 } })
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .toColourspace('b-w')
    .png({ compressionLevel: 9 })
    .toFile(photo.replace(/\.jpg$/, '.alpha.png'));
}
