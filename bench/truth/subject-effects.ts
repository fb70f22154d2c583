/** What a camera and light do to a drawn subject. Its opacity stays exact: it changes with the blur alone. */
import { blurred, clamped, opened, rgbaOf, type Rgba } from './raster.js';
import type { Random } from './random.js';

/**
 * Light from above and left on a surface that bulges from the outline, with fine grain, as drawings lack it.
 * @param strength 0 changes nothing; 1 is a strong relief
 */
export async function withRelief(subject: Rgba, random: Random, strength: number): Promise<Rgba> {
  const { data, width, height } = subject;
  const alpha = data.filter((_, i) => i % 4 === 3);
  const side = Math.min(width, height);
  const [coarse, fine] = await Promise.all([
    blurred(alpha, width, height, 0.06 * side),
    blurred(alpha, width, height, 0.015 * side),
  ]);
  const noise = await texture(width, height, random);
  const [steepCoarse, steepFine] = [0.01 * side * strength, 0.0035 * side * strength];
  const lit = Uint8Array.from(data);
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const i = y * width + x;
      if (alpha[i] === 0) continue;
      const slope = (map: Uint8Array): number =>
        map[i + 1]! - map[i - 1]! + 1.3 * (map[i + width]! - map[i - width]!);
      const light =
        clampedTo(steepCoarse * slope(coarse) + steepFine * slope(fine), 40) + (noise[i]! - 128) * 0.16;
      for (let c = 0; c < 3; c += 1) {
        const color = data[4 * i + c]!;
        lit[4 * i + c] = clamped(color + light * (0.35 + color / 255));
      }
    }
  }
  return { data: lit, width, height };
}

const clampedTo = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, value));

/** Noise of three sizes around 128. */
async function texture(width: number, height: number, random: Random): Promise<Uint8Array> {
  const sum = new Float32Array(width * height);
  for (const [cell, weight] of [
    [24, 0.5],
    [6, 0.3],
    [1.5, 0.2],
  ] as const) {
    const [w, h] = [Math.max(4, Math.ceil(width / cell)), Math.max(4, Math.ceil(height / cell))];
    const small = Uint8Array.from({ length: w * h * 4 }, (_, i) => (i % 4 === 3 ? 255 : 256 * random.next()));
    const large = await rgbaOf(
      opened({ data: small, width: w, height: h }).resize(width, height, { fit: 'fill', kernel: 'cubic' }),
    );
    for (let i = 0; i < sum.length; i += 1) sum[i]! += weight * large.data[4 * i]!;
  }
  return Uint8Array.from(sum);
}

/** The subject out of focus. @param sigma in pixels */
export async function defocused(subject: Rgba, sigma: number): Promise<Rgba> {
  const margin = Math.ceil(3 * sigma);
  return rgbaOf(opened(padded(subject, margin)).blur(Math.max(0.3, sigma)));
}

/** The subject moved by `length` pixels while the shutter was open: mean of its positions. */
export function moved(subject: Rgba, length: number, angle: number): Rgba {
  const { data, width, height } = padded(subject, Math.ceil(length / 2) + 1);
  const steps = Math.max(2, Math.round(length));
  const sums = new Float32Array(data.length);
  for (let k = 0; k < steps; k += 1) {
    const t = k / (steps - 1) - 0.5;
    const offset =
      Math.round(t * length * Math.sin(angle)) * width + Math.round(t * length * Math.cos(angle));
    for (let i = Math.max(0, -offset); i < Math.min(width * height, width * height - offset); i += 1) {
      const from = 4 * (i + offset);
      const alpha = data[from + 3]!;
      if (alpha === 0) continue;
      for (let c = 0; c < 3; c += 1) sums[4 * i + c]! += data[from + c]! * alpha;
      sums[4 * i + 3]! += alpha;
    }
  }
  const mean = new Uint8Array(data.length);
  for (let i = 0; i < width * height; i += 1) {
    const alpha = sums[4 * i + 3]!;
    if (alpha === 0) continue;
    for (let c = 0; c < 3; c += 1) mean[4 * i + c] = Math.round(sums[4 * i + c]! / alpha);
    mean[4 * i + 3] = Math.round(alpha / steps);
  }
  return { data: mean, width, height };
}

function padded({ data, width, height }: Rgba, margin: number): Rgba {
  const [w, h] = [width + 2 * margin, height + 2 * margin];
  const wide = new Uint8Array(w * h * 4);
  for (let y = 0; y < height; y += 1)
    wide.set(data.subarray(4 * y * width, 4 * (y + 1) * width), 4 * ((y + margin) * w + margin));
  return { data: wide, width: w, height: h };
}
