import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { ModelRegistry } from '#inference/model-registry.js';
import { prepareModel } from '#model-builder/model-preparation.js';
import type { RunnerSpec, Runner } from './runner-protocol.js';

const MODEL = 'isnet-original';
const SIDE = 1024;

/**
 * A straightforward version: sharp and the model as shipped, with default options. The photo is resized for the
 * model, the mask is resized back, joined to the photo as its alpha, and written as PNG.
 */
export async function loadObvious({ modelDir }: Extract<RunnerSpec, { kind: 'obvious' }>): Promise<Runner> {
  const registry = new ModelRegistry(process.cwd(), modelDir);
  const session = await InferenceSession.create(await prepareModel(registry, registry.find(MODEL)));
  return async (image) => {
    const stagesMs: Record<string, number> = {};
    const perform = async <T>(stage: string, work: () => Promise<T>): Promise<T> => {
      const startedAt = performance.now();
      const outcome = await work();
      stagesMs[stage] = performance.now() - startedAt;
      return outcome;
    };
    const pixels = await perform('decode', () =>
      sharp(image).resize(SIDE, SIDE, { fit: 'fill' }).removeAlpha().raw().toBuffer(),
    );
    const mask = await perform('infer', () => infer(session, pixels));
    const { width, height } = await sharp(image).metadata();
    const alpha = await perform('compose', () =>
      sharp(mask, { raw: { width: SIDE, height: SIDE, channels: 1 } })
        .resize(width, height, { fit: 'fill', kernel: 'cubic' })
        .extractChannel(0)
        .raw()
        .toBuffer(),
    );
    const output = await perform('encode', () =>
      sharp(image)
        .removeAlpha()
        .joinChannel(alpha, { raw: { width, height, channels: 1 } })
        .png()
        .toBuffer(),
    );
    return { output, stagesMs };
  };
}

/** One run; the model's input is planes of (value - 128) / 256, its output opacity from 0 to 1. */
async function infer(session: InferenceSession, pixels: Buffer): Promise<Buffer> {
  const plane = SIDE * SIDE;
  const planes = new Float32Array(3 * plane);
  for (let i = 0; i < plane; i += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      planes[channel * plane + i] = ((pixels[3 * i + channel] ?? 0) - 128) / 256;
    }
  }
  const [input = '', output = ''] = [session.inputNames[0], session.outputNames[0]];
  const results = await session.run({ [input]: new Tensor('float32', planes, [1, 3, SIDE, SIDE]) });
  const opacity = results[output]?.data as Float32Array;
  return Buffer.from(Uint8Array.from(opacity, (value) => Math.round(value * 255)));
}
