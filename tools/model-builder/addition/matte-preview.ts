import { writeFile } from 'node:fs/promises';
import { decodeFull } from '#imaging/decode/decode.js';
import { encodePng } from '#imaging/encode/png-writer.js';
import { ModelError } from '#inference/model-files.js';
import type { OpacityMask } from '#inference/model-mask.js';
import type { TrialPhoto } from './trial-pictures.js';

const MAX_PIXELS = 100_000_000;
const SQUARE = 8;
const [LIGHT, DARK] = [255, 204];
const CHANNELS = 3;

/**
 * Writes a PNG with the photograph, its cut-out on a checkerboard, and the matte in gray, side by side.
 * @throws ModelError when it cannot be written
 */
export async function writePreview(path: string, photo: TrialPhoto, mask: OpacityMask): Promise<void> {
  const { data, width, height } = await decodeFull(photo.encoded, MAX_PIXELS);
  const total = 3 * width;
  const out = new Uint8Array(CHANNELS * total * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const opacity = opacityAt(mask, (x + 0.5) / width, (y + 0.5) / height);
      const board = (Math.floor(x / SQUARE) + Math.floor(y / SQUARE)) % 2 === 0 ? LIGHT : DARK;
      for (let channel = 0; channel < CHANNELS; channel += 1) {
        const value = data[4 * (y * width + x) + channel] as number;
        const shown = [value, value * opacity + board * (1 - opacity), 255 * opacity];
        shown.forEach((each, part) => {
          out[CHANNELS * (y * total + part * width + x) + channel] = Math.round(each);
        });
      }
    }
  }
  const png = await encodePng({ data: out, width: total, height, channels: CHANNELS });
  await writeFile(path, png).catch(() => {
    throw new ModelError('--preview cannot be written: give the path of a PNG file in a folder that exists');
  });
}

/** Opacity at a place of the picture, both from 0 to 1, interpolated between cells. */
function opacityAt({ data, width, height }: OpacityMask, across: number, down: number): number {
  const cell = (share: number, cells: number): [number, number, number] => {
    const at = Math.max(0, Math.min(cells - 1, share * cells - 0.5));
    const first = Math.floor(at);
    return [first, Math.min(first + 1, cells - 1), at - first];
  };
  const [x0, x1, fx] = cell(across, width);
  const [y0, y1, fy] = cell(down, height);
  const row = (y: number): number =>
    (1 - fx) * (data[y * width + x0] as number) + fx * (data[y * width + x1] as number);
  return ((1 - fy) * row(y0) + fy * row(y1)) / 255;
}
