/** Contact sheets: cut-outs with every setting side by side, on a checkerboard and on a saturated color. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type OverlayOptions } from 'sharp';
import { decodeForModel, decodeFull } from '#imaging/decode/decode.js';
import { prepareEdges, type EdgeOptions } from '#imaging/matting/edge-maps.js';
import { toGrid } from '#imaging/matting/guide-grid.js';
import { applyMatte } from '#imaging/matting/matte.js';
import type { Rect } from '#imaging/raster/pixel-rect.js';
import type { Mask, Raster } from '#imaging/raster/raster.js';
import { ModelRegistry } from '#inference/model-registry.js';
import { prepareModel } from '#model-builder/model-preparation.js';
import { Segmenter } from '#inference/segmenter.js';
import { argument } from '../lib/figures.js';
import { knownCutout, SIDE, type Background, type Kind } from './known-cutouts.js';

const TILE = 400;
const STRONG = [0, 150, 60] as const;
const MAX_PIXELS = 10_000_000;

/** Visible area, as shares of width and height. */
const PHOTOS = {
  astronaut: { left: 0.22, top: 0.02, side: 0.25 },
  chelsea: { left: 0.55, top: 0, side: 0.5 },
  coffee: { left: 0.06, top: 0.5, side: 0.4 },
};
const KNOWN: readonly { kind: Kind; background: Background; left: number; top: number }[] = [
  { kind: 'hair', background: 'astronaut', left: 1330, top: 480 },
  { kind: 'fur', background: 'coffee', left: 1400, top: 700 },
  { kind: 'thin', background: 'clouds', left: 800, top: 900 },
  { kind: 'hard', background: 'coffee', left: 1300, top: 1050 },
];
/** Side of the visible area of a known cut-out, in pixels. */
const SHOWN = 300;

type Settings = readonly (readonly [name: string, options: EdgeOptions])[];
interface Subject {
  image: Raster;
  mask: Mask;
  guide: Uint8Array;
}

/**
 * Writes `known.png` (two rows for each kind of edge, the second on the saturated color; the last column is the
 * ground truth), `photos.png` (the test photos, cut out with the model) and `edges.jpg` (a small version of the
 * former).
 */
export async function writeSheets(folder: string, settings: Settings): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const rows: Buffer[][] = [];
  for (const { kind, background, left, top } of KNOWN) {
    const known = await knownCutout(kind, background);
    const truth = Uint8Array.from({ length: SIDE * SIDE * 4 }, (_, i) =>
      i % 4 === 3 ? known.alpha[i >> 2]! : known.subject[3 * (i >> 2) + (i % 4)]!,
    );
    const area = { left, top, width: SHOWN, height: SHOWN };
    rows.push(...(await twoRows([...cutouts(known, settings), { ...known.image, data: truth }], area)));
  }
  await sheet(rows, join(folder, 'known.png'));
  // Columns `plain`, `both` and ground truth, on the saturated color.
  const chosen = rows.filter((_, i) => i % 2 === 1).map((row) => [row[0]!, row[3]!, row[4]!]);
  await sheet(chosen, join(folder, 'edges.jpg'));
  await sheet(await photoRows(settings), join(folder, 'photos.png'));
}

async function photoRows(settings: Settings): Promise<Buffer[][]> {
  const registry = new ModelRegistry(process.cwd(), argument('models', '.cache/models'));
  const entry = registry.find('isnet');
  const network = await Segmenter.load(entry, await prepareModel(registry, entry), 2);
  const rows: Buffer[][] = [];
  for (const [name, { left, top, side }] of Object.entries(PHOTOS)) {
    const encoded = readFileSync(`test/photos/${name}.jpg`);
    const image = await decodeFull(encoded, MAX_PIXELS);
    const picture = await decodeForModel(encoded, network.inputFor(image), MAX_PIXELS);
    const mask = await network.segment(picture);
    const guide = toGrid(picture, mask);
    const shown = Math.floor(side * Math.min(image.width, image.height));
    const area = { left: Math.floor(left * image.width), top: Math.floor(top * image.height) };
    const cut = cutouts({ image, mask, guide }, settings);
    rows.push(...(await twoRows(cut, { ...area, width: shown, height: shown })));
  }
  await network.release();
  return rows;
}

function cutouts({ image, mask, guide }: Subject, settings: Settings): Raster[] {
  return settings.map(([, options]) => {
    const copy = { ...image, data: Uint8Array.from(image.data) };
    applyMatte(copy, mask, { edges: prepareEdges(guide, mask, options) });
    return copy;
  });
}

/** One area of every cut-out, on both backgrounds. */
async function twoRows(images: readonly Raster[], area: Rect): Promise<Buffer[][]> {
  const grounds = [
    (x: number, y: number): number => (((x >> 4) + (y >> 4)) % 2 === 0 ? 255 : 190),
    (_x: number, _y: number, channel: number): number => STRONG[channel]!,
  ];
  return Promise.all(grounds.map((ground) => Promise.all(images.map((image) => tile(image, area, ground)))));
}

async function tile(
  { data, width, height }: Raster,
  area: Rect,
  ground: (x: number, y: number, channel: number) => number,
): Promise<Buffer> {
  const shown = await sharp(data, { raw: { width, height, channels: 4 } })
    .extract(area)
    .resize(TILE, TILE, { kernel: 'nearest' })
    .png()
    .toBuffer();
  const below = Uint8Array.from({ length: TILE * TILE * 3 }, (_, i) =>
    ground(Math.floor(i / 3) % TILE, Math.floor(i / 3 / TILE), i % 3),
  );
  return sharp(below, { raw: { width: TILE, height: TILE, channels: 3 } })
    .composite([{ input: shown }])
    .png()
    .toBuffer();
}

async function sheet(rows: readonly Buffer[][], file: string): Promise<void> {
  const tiles = rows.flatMap((row, y) =>
    row.map((input, x): OverlayOptions => ({ input, left: x * (TILE + 4), top: y * (TILE + 4) })),
  );
  const [width, height] = [rows[0]!.length * (TILE + 4) - 4, rows.length * (TILE + 4) - 4];
  const whole = sharp({ create: { width, height, channels: 3, background: '#fff' } }).composite(tiles);
  const flat = await whole.png().toBuffer();
  const small = sharp(flat).resize(720).jpeg({ quality: 72, mozjpeg: true });
  await (file.endsWith('.png') ? sharp(flat) : small).toFile(file);
}
