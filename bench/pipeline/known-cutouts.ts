/**
 * Cut-outs with known ground truth: a drawn subject over backgrounds. Everything is generated from fixed seeds, or
 * enlarged from the test photos.
 */
import { readFileSync } from 'node:fs';
import sharp, { type Sharp } from 'sharp';
import { toGrid } from '#imaging/matting/guide-grid.js';
import type { Mask, Raster } from '#imaging/raster/raster.js';

/** Side of an image, in pixels: 4 megapixels. */
export const SIDE = 2000;
/** Sides of the model's input and of its output grid. */
const INPUT_SIDE = 1024;
const GRID_SIDE = 512;

/** Kinds of edges. */
export const KINDS = ['hair', 'fur', 'thin', 'hard'] as const;
export type Kind = (typeof KINDS)[number];

/** Backgrounds: photos and generated textures. */
export const BACKGROUNDS = ['coffee', 'astronaut', 'clouds', 'weave'] as const;
export type Background = (typeof BACKGROUNDS)[number];

/** One image and its ground truth. */
export interface KnownCutout {
  image: Raster;
  /** Alpha, one byte a pixel. */
  alpha: Uint8Array;
  /** Colors of the subject, R G B, also where it is transparent. */
  subject: Uint8Array;
  /** Alpha as a perfect model would give it: area means on its grid. */
  mask: Mask;
  /** The model's input, on its grid. */
  guide: Uint8Array;
}

/** An image of edges of one kind over a background. */
export async function knownCutout(kind: Kind, background: Background): Promise<KnownCutout> {
  // Subjects are drawn as SVG, whose loader the service blocks.
  sharp.unblock({ operation: ['VipsForeignLoadSvg'] });
  const drawn = await raw(sharp(Buffer.from(drawing(kind))));
  const alpha = drawn.filter((_, i) => i % 3 === 0);
  const [subject, behind] = await Promise.all([subjectOf(kind), backgroundOf(background)]);
  const data = new Uint8Array(SIDE * SIDE * 4).fill(255);
  for (let i = 0; i < alpha.length; i += 1) {
    const share = alpha[i]! / 255;
    for (let c = 0; c < 3; c += 1) {
      data[4 * i + c] = subject[3 * i + c]! * share + behind[3 * i + c]! * (1 - share) + 0.5;
    }
  }
  const grid = { width: GRID_SIDE, height: GRID_SIDE };
  const mask = {
    data: toGrid({ data: drawn, width: SIDE, height: SIDE }, grid).filter((_, i) => i % 3 === 0),
    ...grid,
  };
  const image = { data, width: SIDE, height: SIDE };
  return { image, alpha, subject, mask, guide: await guideOf(image) };
}

/** Resampled as in the pipeline: Lanczos to the model's input, area means to its grid. */
async function guideOf({ data, width, height }: Raster): Promise<Uint8Array> {
  const opened = sharp(data, { raw: { width, height, channels: 4 } }).removeAlpha();
  const { data: input } = await opened
    .resize(INPUT_SIDE, INPUT_SIDE, { kernel: 'lanczos3' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const picture = { data: input, width: INPUT_SIDE, height: INPUT_SIDE };
  return toGrid(picture, { width: GRID_SIDE, height: GRID_SIDE });
}

const raw = async (opened: Sharp): Promise<Uint8Array> =>
  opened.removeAlpha().toColourspace('srgb').raw().toBuffer();

/** Pseudo-random numbers from 0 to 1 (linear congruential generator of Numerical Recipes). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function drawing(kind: Kind): string {
  const shapes: Record<Kind, () => string> = {
    hair: () => body(520, 620) + strokes({ count: 2500, reach: [40, 200], thickness: [0.8, 3.3], bend: 40 }),
    fur: () => body(560, 560) + strokes({ count: 9000, reach: [10, 60], thickness: [1.2, 4.2], bend: 12 }),
    thin: wires,
    hard: () =>
      `<ellipse cx="620" cy="700" rx="430" ry="520"/><rect x="1150" y="220" width="560" height="520" rx="30" transform="rotate(17 1430 480)"/>` +
      `<polygon points="1180,1080 1790,1240 1640,1830 1420,1500 1090,1760"/><circle cx="520" cy="1600" r="220"/>`,
  };
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${SIDE}"><rect width="100%" height="100%" fill="#000"/><g fill="#fff" stroke-linecap="round">${shapes[kind]()}</g></svg>`;
}

const body = (rx: number, ry: number): string => `<ellipse cx="1000" cy="1050" rx="${rx}" ry="${ry}"/>`;

interface Strokes {
  count: number;
  /** Ranges of their length and thickness, and their curvature, in pixels. */
  reach: [number, number];
  thickness: [number, number];
  bend: number;
}

function strokes({ count, reach, thickness, bend }: Strokes): string {
  const next = numbers(7);
  const within = ([min, max]: [number, number]): number => min + (max - min) * next();
  const [rx, ry] = reach[1] > 100 ? [520, 620] : [560, 560];
  return Array.from({ length: count }, () => {
    const angle = 2 * Math.PI * next();
    const [x, y] = [1000 + rx * Math.cos(angle), 1050 + ry * Math.sin(angle)];
    const pruned = angle + (next() - 0.5) * 1.2;
    const length = within(reach);
    const [endX, endY] = [x + length * Math.cos(pruned), y + length * Math.sin(pruned)];
    const [viaX, viaY] = [(x + endX) / 2 + bend * (next() - 0.5), (y + endY) / 2 + bend * (next() - 0.5)];
    const root = `${x - 30 * Math.cos(pruned)} ${y - 30 * Math.sin(pruned)}`;
    return `<path d="M${root} Q${viaX} ${viaY} ${endX} ${endY}" stroke="#fff" stroke-opacity="${0.4 + 0.6 * next()}" stroke-width="${within(thickness)}" fill="none"/>`;
  }).join('');
}

/** Wires across the image, and twigs that fork and grow thinner. */
function wires(): string {
  const next = numbers(11);
  const lines = Array.from({ length: 14 }, (_, i) => {
    const [from, to] = [150 + 120 * i, 100 + 130 * i + 60 * next()];
    return `<path d="M100 ${from} Q1000 ${(from + to) / 2 + 160 * (next() - 0.5)} 1900 ${to}" stroke="#fff" stroke-width="${2 + 10 * next()}" fill="none"/>`;
  });
  const twig = (x: number, y: number, pruned: number, thick: number): string => {
    if (thick < 1.5) return '';
    const length = 18 * thick + 60 * next();
    const [endX, endY] = [x + length * Math.cos(pruned), y + length * Math.sin(pruned)];
    const own = `<path d="M${x} ${y} L${endX} ${endY}" stroke="#fff" stroke-width="${thick}"/>`;
    const forks = [-0.5, 0.45].map((angle) =>
      twig(endX, endY, pruned + angle * (0.6 + next()), thick * (0.55 + 0.2 * next())),
    );
    return own + forks.join('');
  };
  return lines.join('') + twig(1000, 1980, -Math.PI / 2, 22) + twig(350, 1980, -1.4, 16);
}

/** Fur of the cat in a test photo, enlarged, with grain; for hard and thin subjects a smooth bright surface. */
async function subjectOf(kind: Kind): Promise<Uint8Array> {
  const area =
    kind === 'hard' || kind === 'thin'
      ? { file: 'coffee', left: 300, top: 90, width: 90, height: 60 }
      : { file: 'chelsea', left: 170, top: 40, width: 130, height: 130 };
  const { file, ...cut } = area;
  const enlarged = await raw(
    sharp(readFileSync(`test/photos/${file}.jpg`))
      .extract(cut)
      .resize(SIDE, SIDE, { fit: 'fill', kernel: 'cubic' }),
  );
  return withGrain(enlarged, 6);
}

async function backgroundOf(name: Background): Promise<Uint8Array> {
  if (name === 'clouds') return clouds();
  if (name === 'weave') return weave();
  const photo = sharp(readFileSync(`test/photos/${name}.jpg`)).resize(SIDE, SIDE, {
    fit: 'fill',
    kernel: 'cubic',
  });
  return withGrain(await raw(photo), 6);
}

/** Adds noise of up to `max` in both directions, like a sensor. */
function withGrain(pixels: Uint8Array, max: number): Uint8Array {
  const next = numbers(3);
  return pixels.map((value) => Math.min(255, Math.max(0, value + max * (next() + next() - 1) + 0.5)));
}

/** Smooth noise of several sizes, in strong colors. */
async function clouds(): Promise<Uint8Array> {
  const next = numbers(5);
  const layers = await Promise.all(
    [8, 32, 128, 512].map(async (side) => {
      const noise = Uint8Array.from({ length: side * side * 3 }, () => 256 * next());
      const opened = sharp(noise, { raw: { width: side, height: side, channels: 3 } });
      return raw(opened.resize(SIDE, SIDE, { kernel: 'cubic' }));
    }),
  );
  const weights = [0.5, 0.25, 0.15, 0.1];
  return layers[0]!.map((_, i) => weights.reduce((sum, weight, k) => sum + weight * layers[k]![i]!, 0));
}

/** A cloth of crossing stripes a few pixels wide: as fine as hair, with strong contrast. */
function weave(): Uint8Array {
  return Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE), i % 3];
    const [warp, weft] = [Math.sin(x / 7 + y / 60), Math.sin(y / 9 - x / 80)];
    return [140 + 60 * warp + 30 * weft, 120 - 30 * warp + 50 * weft, 90 + 40 * warp * weft][c]!;
  });
}
