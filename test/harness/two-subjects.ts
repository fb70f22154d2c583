import sharp from 'sharp';
import { painted, type Rgb } from './drawn-logos.js';

/** Size of the drawn photo. */
export const TWO_SUBJECTS_SIZE = { width: 1200, height: 800 } as const;

/** A shaded egg at a place, both radii in pixels. */
interface Egg {
  x: number;
  y: number;
  rx: number;
  ry: number;
  color: Rgb;
}

/** A large egg on the left, a smaller ball on the right; they do not touch. */
const EGGS: readonly Egg[] = [
  { x: 340, y: 420, rx: 170, ry: 240, color: [40, 110, 170] },
  { x: 900, y: 560, rx: 105, ry: 105, color: [225, 105, 35] },
];

const noise = (x: number, y: number): number => ((Math.sin(12.9898 * x + 78.233 * y) * 43_758.5453) % 1) * 9;

/** Color of the ground: a wall above a table, with grain. */
function groundAt(x: number, y: number): Rgb {
  const light = (y < 520 ? 205 - y / 16 : 150 + y / 20) + noise(x, y);
  return y < 520 ? [light, light - 6, light - 18] : [light - 20, light - 45, light - 70];
}

/** Color at a pixel, with light from the upper left. */
function colorAt(x: number, y: number): Rgb {
  for (const { x: cx, y: cy, rx, ry, color } of EGGS) {
    const [u, v] = [(x - cx) / rx, (y - cy) / ry];
    const height = 1 - u * u - v * v;
    if (height <= 0) continue;
    const light = Math.max(0, 0.66 * Math.sqrt(height) - 0.45 * u - 0.6 * v);
    const shine = 190 * light ** 16;
    return [0, 1, 2].map((i) => Math.min(255, color[i]! * (0.25 + 0.9 * light) + shine)) as unknown as Rgb;
  }
  return groundAt(x, y);
}

/** A photo of two subjects on a table, as JPEG. */
export async function twoSubjects(): Promise<Buffer> {
  const { width, height } = TWO_SUBJECTS_SIZE;
  const { data } = painted(
    () => 1,
    (x, y) => colorAt(width * x, height * y),
    { width, height },
  );
  return sharp(data, { raw: { width, height, channels: 4 } })
    .removeAlpha()
    .blur(0.8)
    .jpeg({ quality: 92 })
    .toBuffer();
}
