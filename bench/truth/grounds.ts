/** What is behind subjects: photographs, and generated rooms, studios and textures. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { anyTone, paint } from './drawing.js';
import { opened, rgbaOf, svgPicture, type Rgba } from './raster.js';
import type { Random } from './random.js';

interface Size {
  width: number;
  height: number;
}

/** A photograph without a subject of its own, or the part of it that has none, as shares of its sides. */
interface Photo {
  file: string;
  area?: readonly [left: number, top: number, width: number, height: number];
}

const LOMIRI = 'usr/share/backgrounds';
const PLASMA = 'usr/share/wallpapers';
const plasma = (name: string): string => `${PLASMA}/${name}/contents/images/2560x1600.jpg`;

/** Photographs of Debian's packages lomiri-wallpapers-16.04, lomiri-wallpapers-20.04 and plasma-workspace-wallpapers. */
const PHOTOS: readonly Photo[] = [
  { file: `${LOMIRI}/aitzgorri_by_Aitzol_Berasategi.jpg` },
  { file: `${LOMIRI}/picosdeeuropa_by_Aitzol_Berasategi.jpg` },
  { file: `${LOMIRI}/life_by_Aitzol_Berasategi.jpg` },
  { file: `${LOMIRI}/sunset_by_Aitzol_Berasategi.jpg`, area: [0, 0, 0.75, 1] },
  { file: `${LOMIRI}/Dragonfly_by_Bolly.jpg`, area: [0, 0, 0.5, 1] },
  { file: `${LOMIRI}/Bridge_by_Sander_Klootwijk.jpg`, area: [0, 0.5, 1, 0.5] },
  { file: `${LOMIRI}/seeding_by_Clements_Engelhardt.jpg`, area: [0.4, 0.1, 0.6, 0.9] },
  { file: `${LOMIRI}/Kleiber_by_Lukas_Baubkus.jpg`, area: [0.55, 0, 0.45, 1] },
  { file: plasma('BytheWater') },
  { file: plasma('EveningGlow'), area: [0, 0, 1, 0.5] },
  { file: plasma('FallenLeaf'), area: [0, 0.1, 0.62, 0.9] },
  { file: plasma('Path') },
  { file: plasma('Kite'), area: [0, 0, 0.6, 1] },
  { file: plasma('OneStandsOut'), area: [0, 0, 0.55, 1] },
  { file: plasma('DarkestHour') },
];

/** Photographs of the tests: a table and a wall. They are small, and appear out of focus. */
const OWN: readonly Photo[] = [
  { file: 'test/photos/coffee.jpg', area: [0, 0, 0.3, 0.42] },
  { file: 'test/photos/coffee.jpg', area: [0.72, 0, 0.28, 0.5] },
  { file: 'test/photos/chelsea.jpg', area: [0, 0, 0.2, 0.9] },
];

/** Sorts of grounds. */
export const GROUNDS = ['photo', 'room', 'studio', 'blobs', 'table'] as const;
export type Ground = (typeof GROUNDS)[number];

/** A ground that fills `size`. @param packages folder of unpacked Debian packages */
export async function ground(sort: Ground, size: Size, random: Random, packages: string): Promise<Rgba> {
  if (sort === 'photo') return photoGround(size, random, packages);
  const drawn = await rgbaOf(svgPicture({ room, studio, blobs, table }[sort](size, random)));
  return withNoise(drawn, random, sort === 'studio' ? 2 : 3);
}

async function photoGround(size: Size, random: Random, packages: string): Promise<Rgba> {
  const there = PHOTOS.map((photo) => ({ ...photo, file: join(packages, photo.file) })).filter(({ file }) =>
    existsSync(file),
  );
  const photo = random.pick(there.length > 0 && random.chance(0.9) ? there : OWN);
  return rgbaOf(await part(photo, size, random));
}

/** A part of the photograph in the aspect ratio of `size`. */
async function part({ file, area = [0, 0, 1, 1] }: Photo, size: Size, random: Random): Promise<Sharp> {
  const bytes = await readFile(file);
  const { width, height } = await sharp(bytes).metadata();
  const [roomWidth, roomHeight] = [area[2] * width, area[3] * height];
  const aspect = size.width / size.height;
  const largest = Math.min(roomWidth, roomHeight * aspect);
  const cutWidth = Math.max(4, Math.floor(largest * random.within(0.65, 1)));
  const cutHeight = Math.max(4, Math.floor(cutWidth / aspect));
  const left = Math.floor(area[0] * width + random.next() * (roomWidth - cutWidth));
  const top = Math.floor(area[1] * height + random.within(0.5, 1) * (roomHeight - cutHeight));
  const cut = sharp(bytes)
    .extract({
      left,
      top,
      width: Math.min(cutWidth, width - left),
      height: Math.min(cutHeight, height - top),
    })
    .flop(random.chance(0.5))
    .resize(size.width, size.height, { fit: 'fill', kernel: 'cubic' })
    .modulate({ brightness: random.within(0.8, 1.15), saturation: random.within(0.6, 1.1) });
  const sigma = random.chance(0.6) ? random.within(0.0015, 0.008) * Math.sqrt(size.width * size.height) : 0;
  return sigma > 0.3 ? cut.blur(sigma) : cut;
}

const svg = ({ width, height }: Size, content: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${content}</svg>`;

const gradient = (id: string, from: string, to: string, more = 'x1="0" y1="0" x2="0.4" y2="1"'): string =>
  `<linearGradient id="${id}" ${more}><stop offset="0" stop-color="${from}"/><stop offset="1" stop-color="${to}"/></linearGradient>`;

/** A wall with pictures or a window, out of focus, and a floor of boards. */
function room(size: Size, random: Random): string {
  const { width: w, height: h } = size;
  const wall = {
    ...anyTone(random),
    saturation: random.within(0.05, 0.35),
    lightness: random.within(0.5, 0.8),
  };
  const floor = { hue: random.within(20, 40), saturation: 0.4, lightness: random.within(0.28, 0.55) };
  const line = h * random.within(0.55, 0.78);
  const boards = Array.from({ length: 24 }, (_, i) => {
    const x = (i / 23 - 0.5) * 2.6;
    return `<path d="M${w / 2 + x * w * 0.45} ${line}L${w / 2 + x * w * 1.3} ${h}" stroke="${paint(floor, -0.12)}" stroke-width="${h / 400}"/>`;
  });
  const things = Array.from({ length: random.integer(1, 4) }, () => {
    const [tw, th] = [w * random.within(0.08, 0.25), h * random.within(0.1, 0.3)];
    const tone = { ...anyTone(random), saturation: random.within(0.05, 0.4) };
    return `<rect x="${random.within(0, w)}" y="${random.within(0, line * 0.6)}" width="${tw}" height="${th}" fill="${paint(tone)}"/>`;
  });
  return svg(
    size,
    `<defs>${gradient('w', paint(wall, 0.1), paint(wall, -0.12))}${gradient('f', paint(floor, -0.05), paint(floor, 0.1))}<filter id="b"><feGaussianBlur stdDeviation="${h * 0.012}"/></filter></defs>` +
      `<rect width="${w}" height="${h}" fill="url(#w)"/><g filter="url(#b)">${things.join('')}</g><rect y="${line}" width="${w}" height="${h}" fill="url(#f)"/>${boards.join('')}` +
      `<rect y="${line - h * 0.02}" width="${w}" height="${h * 0.025}" fill="${paint(wall, 0.15)}"/>`,
  );
}

/** Paper of one color with a soft fall of light. */
function studio(size: Size, random: Random): string {
  const tone = {
    ...anyTone(random),
    saturation: random.within(0, 0.45),
    lightness: random.within(0.55, 0.9),
  };
  return svg(
    size,
    `<defs><radialGradient id="s" cx="${random.within(0.3, 0.7)}" cy="0.45" r="0.8"><stop offset="0" stop-color="${paint(tone, 0.08)}"/><stop offset="1" stop-color="${paint(tone, -0.16)}"/></radialGradient></defs><rect width="100%" height="100%" fill="url(#s)"/>`,
  );
}

/** Lights and things far out of focus. */
function blobs(size: Size, random: Random): string {
  const { width: w, height: h } = size;
  const side = Math.sqrt(w * h);
  const tone = { ...anyTone(random), lightness: random.within(0.15, 0.5) };
  const circles = Array.from({ length: 70 }, () => {
    const own = { ...anyTone(random), hue: tone.hue + 70 * random.normal() };
    return `<circle cx="${random.within(0, w)}" cy="${random.within(0, h)}" r="${side * random.within(0.01, 0.09)}" fill="${paint(own)}" opacity="${random.within(0.2, 0.7)}"/>`;
  });
  return svg(
    size,
    `<defs>${gradient('w', paint(tone, 0.1), paint(tone, -0.1))}<filter id="b" x="-10%" y="-10%" width="120%" height="120%"><feGaussianBlur stdDeviation="${side * random.within(0.004, 0.02)}"/></filter></defs><rect width="${w}" height="${h}" fill="url(#w)"/><g filter="url(#b)">${circles.join('')}</g>`,
  );
}

/** A wooden table seen from above. */
function table(size: Size, random: Random): string {
  const { width: w, height: h } = size;
  const tone = {
    hue: random.within(18, 38),
    saturation: random.within(0.2, 0.5),
    lightness: random.within(0.25, 0.6),
  };
  const planks = random.integer(4, 9);
  const parts = Array.from({ length: planks }, (_, i) => {
    const shade = random.within(-0.06, 0.06);
    const top = (h * i) / planks;
    const grain = Array.from({ length: 30 }, () => {
      const y = top + random.within(0, h / planks);
      return `<path d="M0 ${y}Q${w * random.next()} ${y + h * 0.01 * random.normal()} ${w} ${y + h * 0.004 * random.normal()}" stroke="${paint(tone, shade - random.within(0.02, 0.09))}" stroke-width="${h * random.within(0.0006, 0.003)}" fill="none" opacity="0.6"/>`;
    });
    return `<rect y="${top}" width="${w}" height="${h / planks + 1}" fill="${paint(tone, shade)}"/>${grain.join('')}<rect y="${top}" width="${w}" height="${h * 0.003}" fill="${paint(tone, -0.2)}"/>`;
  });
  return svg(size, parts.join(''));
}

/** Coarse and fine noise, as light and surfaces have it. */
async function withNoise({ data, width, height }: Rgba, random: Random, strength: number): Promise<Rgba> {
  const [w, h] = [Math.ceil(width / 90), Math.ceil(height / 90)];
  const small = Uint8Array.from({ length: w * h * 4 }, (_, i) => (i % 4 === 3 ? 255 : 256 * random.next()));
  const coarse = await rgbaOf(
    opened({ data: small, width: w, height: h }).resize(width, height, { fit: 'fill', kernel: 'cubic' }),
  );
  const noisy = Uint8Array.from(data);
  for (let i = 0; i < width * height; i += 1) {
    const change = ((coarse.data[4 * i]! - 128) / 64) * strength;
    for (let c = 0; c < 3; c += 1) noisy[4 * i + c] = Math.min(255, Math.max(0, data[4 * i + c]! + change));
  }
  return { data: noisy, width, height };
}
