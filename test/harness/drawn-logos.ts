import sharp from 'sharp';

/** Straight R, G, B, A of a picture, rows from the top. */
export interface Picture {
  data: Buffer;
  width: number;
  height: number;
}

/** Opacity of a shape at a place, both 0 to 1 across the picture. */
export type Shape = (x: number, y: number) => number;

export type Rgb = readonly [number, number, number];

const far = (x: number, y: number): number => Math.hypot(x - 0.5, y - 0.5);
const within = (value: boolean): number => (value ? 1 : 0);
const smooth = (value: number): number => Math.min(Math.max(value, 0), 1);

/** Logos as people have them: glyphs, rings, lines, badges, shadows; some cropped to their bounds. */
export const LOGOS: Readonly<Record<string, Shape>> = {
  disc: (x, y) => smooth((0.36 - far(x, y)) * 80),
  ring: (x, y) => within(Math.abs(far(x, y) - 0.3) < 0.06),
  star: (x, y) => within(far(x, y) < 0.24 + 0.14 * Math.cos(5 * Math.atan2(y - 0.5, x - 0.5))),
  letter: (x, y) => within(x < 0.25 || y < 0.2 || y > 0.8 || (Math.abs(y - 0.5) < 0.1 && x < 0.8)),
  frame: (x, y) => within(Math.max(Math.abs(x - 0.5), Math.abs(y - 0.5)) > 0.35),
  bars: (x, y) => within(y > 0.3 && y < 0.7 && Math.floor(x * 20) % 2 === 1),
  block: (x, y) => within(Math.abs(x - 0.5) < 0.3 && Math.abs(y - 0.5) < 0.1),
  lines: (x, y) => within(far(x, y) < 0.4 && (Math.abs(x - y) < 0.008 || Math.abs(far(x, y) - 0.3) < 0.008)),
  shadow: (x, y) => 0.6 * smooth((0.42 - far(x, y)) * 4),
  veil: (x, y) => 0.5 * within(far(x, y) < 0.35),
  shadowed: (x, y) => Math.max(within(far(x, y) < 0.25), 0.5 * smooth((0.45 - far(x, y - 0.05)) * 5)),
  'at the border': (x, y) => within(y > 0.6 + 0.3 * Math.cos(9 * x)),
};

/** What is hidden under alpha 0 in all of these. */
export const HIDDEN: Rgb = [211, 7, 99];

/** Paints a shape; `color` may depend on the place. */
export function painted(
  shape: Shape,
  color: Rgb | ((x: number, y: number) => Rgb),
  { width, height } = { width: 150, height: 120 },
): Picture {
  const data = Buffer.alloc(width * height * 4);
  for (let i = 0; i < width * height; i += 1) {
    const [x, y] = [((i % width) + 0.5) / width, (Math.floor(i / width) + 0.5) / height];
    const alpha = Math.round(255 * shape(x, y));
    const own = typeof color === 'function' ? color(x, y) : color;
    data.set([...(alpha === 0 ? HIDDEN : own), alpha], 4 * i);
  }
  return { data, width, height };
}

/** Colors with grain, as a camera has it: differs from pixel to pixel. */
export const grain = (x: number, y: number): Rgb => {
  const noise = (seed: number): number => (Math.sin(seed + 1271 * x + 3117 * y) * 43758.5453) % 1;
  return [130 + Math.round(60 * noise(1)), 110 + Math.round(60 * noise(2)), 90 + Math.round(60 * noise(3))];
};

/** A picture as PNG; what is hidden in it stays. */
export const asPng = ({ data, width, height }: Picture): Promise<Buffer> =>
  sharp(data, { raw: { width, height, channels: 4 } })
    .png()
    .toBuffer();

/** Pixels of an encoded image. */
export async function picture(image: Buffer): Promise<Picture> {
  const { data, info } = await sharp(image).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** A picture with nothing under alpha 0. */
export function cleared({ data, ...size }: Picture): Picture {
  const clean = Buffer.from(data);
  for (let at = 0; at < clean.length; at += 4) if (clean[at + 3] === 0) clean.fill(0, at, at + 4);
  return { data: clean, ...size };
}
