/** Contact sheets: picture, truth, each result on a checkerboard, and its error. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type OverlayOptions } from 'sharp';
import type { MatteCase } from './matte-cases.js';
import { svgPicture } from './raster.js';

const TILE = { width: 300, height: 240 };
const ROWS = 8;
const CELL = 12;

export interface ShownResult {
  name: string;
  /** Encoded cut-out. */
  data: Buffer;
  alpha: Uint8Array;
  /** Written below the picture. */
  note: string;
}

/** Collects rows, and writes a sheet for every eight cases. */
export class MatteSheets {
  private readonly folder: string;
  private rows: Buffer[][] = [];
  private sheets = 0;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  async add(shown: MatteCase, results: readonly ShownResult[]): Promise<void> {
    const { image, alpha, name, set, kind } = shown;
    const row = [await tile(image, `${set} ${name} ${kind}`), await tile(await gray(alpha, shown), 'truth')];
    for (const result of results) {
      row.push(await tile(await onCheckerboard(result.data), `${result.name}: ${result.note}`));
      row.push(await tile(await errorMap(result.alpha, shown), 'error: red too much, blue too little'));
    }
    this.rows.push(row);
    if (this.rows.length === ROWS) await this.finish();
  }

  async finish(): Promise<void> {
    if (this.rows.length === 0) return;
    const tiles = this.rows.flatMap((row, y) =>
      row.map((input, x): OverlayOptions => ({ input, left: x * TILE.width, top: y * TILE.height })),
    );
    const size = { width: this.rows[0]!.length * TILE.width, height: this.rows.length * TILE.height };
    await sharp({ create: { ...size, channels: 3, background: '#202020' } })
      .composite(tiles)
      .jpeg({ quality: 88 })
      .toFile(join(this.folder, `sheet-${String(this.sheets).padStart(2, '0')}.jpg`));
    this.sheets += 1;
    this.rows = [];
  }
}

const LABEL = 16;

async function tile(picture: Buffer, label: string): Promise<Buffer> {
  const { width, height } = TILE;
  const text = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${LABEL}"><text x="3" y="12" font-size="11" fill="#fff" font-family="DejaVu Sans, sans-serif">${label.replaceAll('&', '&amp;').slice(0, 60)}</text></svg>`;
  const shown = sharp(picture).resize(width - 4, height - LABEL - 2, { fit: 'inside' });
  return sharp({ create: { width, height, channels: 3, background: '#202020' } })
    .composite([
      { input: await shown.png().toBuffer(), left: 0, top: 0 },
      { input: await svgPicture(text).png().toBuffer(), left: 0, top: height - LABEL },
    ])
    .png()
    .toBuffer();
}

interface Size {
  width: number;
  height: number;
}

const gray = (alpha: Uint8Array, { width, height }: Size): Promise<Buffer> =>
  sharp(alpha, { raw: { width, height, channels: 1 } })
    .png({ compressionLevel: 1 })
    .toBuffer();

async function onCheckerboard(cutout: Buffer): Promise<Buffer> {
  const small = await sharp(cutout)
    .resize(TILE.width - 4, TILE.height - LABEL - 2, { fit: 'inside' })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = small.info;
  const below = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    const ground = (Math.floor(x / CELL) + Math.floor(y / CELL)) % 2 === 0 ? 255 : 185;
    const at = 4 * Math.floor(i / 3);
    const share = small.data[at + 3]! / 255;
    return Math.round(small.data[at + (i % 3)]! * share + ground * (1 - share));
  });
  return sharp(below, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** Red where the result is too opaque, blue where it is too transparent, over a dim truth. */
async function errorMap(alpha: Uint8Array, { alpha: truth, width, height }: MatteCase): Promise<Buffer> {
  const map = Uint8Array.from({ length: 3 * alpha.length }, (_, i) => {
    const at = Math.floor(i / 3);
    const [difference, dim] = [alpha[at]! - truth[at]!, truth[at]! * 0.25];
    if (i % 3 === 0) return Math.max(dim, difference);
    return i % 3 === 2 ? Math.max(dim, -difference) : dim;
  });
  return sharp(map, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
}
