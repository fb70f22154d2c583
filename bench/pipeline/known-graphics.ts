/**
 * Flat graphics with known ground truth: logos, codes, signatures, icons, line art, text and screenshots, drawn from
 * fixed seeds over one color. Truth is the alpha and the colors of the drawing before it was put on its ground.
 */
import sharp from 'sharp';
import type { Raster } from '#imaging/raster/raster.js';

/** A drawing on one color. */
export interface KnownGraphic {
  name: string;
  /** R, G, B of the ground. */
  ground: readonly [number, number, number];
  /** Opaque picture of the drawing on its ground. */
  image: Raster;
  /** The drawing itself: R, G, B and the true alpha. */
  truth: Uint8Array;
}

interface Drawing {
  ground: string;
  width: number;
  height: number;
  /** SVG elements. */
  svg: () => string;
}

/** Pseudo-random numbers from 0 to 1 (linear congruential generator of Numerical Recipes). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const size = (width: number, height: number): { width: number; height: number } => ({ width, height });

/** The drawings, by name. */
export const DRAWINGS: Readonly<Record<string, Drawing>> = {
  'logo on white': { ground: '#ffffff', ...size(900, 600), svg: () => logo('#d4202a', '#1c2a5a') },
  'logo on yellow': { ground: '#ffd400', ...size(900, 600), svg: () => logo('#101010', '#d4202a') },
  'light logo on dark': { ground: '#14213d', ...size(900, 600), svg: () => logo('#ffffff', '#fca311') },
  'gray logo on white': { ground: '#ffffff', ...size(800, 500), svg: () => logo('#c8c8c8', '#9a9a9a') },
  'logo with shadow': {
    ground: '#ffffff',
    ...size(900, 600),
    svg: () => shadowed(logo('#0a7d5a', '#f28c28')),
  },
  'icon with gradient': { ground: '#eef3fb', ...size(640, 640), svg: () => gradientIcon() },
  signature: { ground: '#ffffff', ...size(1100, 460), svg: () => signature(2.2, '#101018') },
  'blue signature': { ground: '#fdfcf8', ...size(1100, 460), svg: () => signature(4, '#1b3a8c') },
  code: { ground: '#ffffff', ...size(630, 630), svg: () => code() },
  'line art': { ground: '#ffffff', ...size(1000, 800), svg: () => lineArt() },
  rings: { ground: '#0b2447', ...size(900, 500), svg: () => rings() },
  words: { ground: '#ffffff', ...size(1000, 500), svg: () => words() },
  window: { ground: '#f5f5f5', ...size(1200, 760), svg: () => screenWindow() },
  chart: { ground: '#ffffff', ...size(1000, 640), svg: () => chart() },
  stickers: { ground: '#7fc8a9', ...size(900, 600), svg: () => stickers() },
};

/** A drawing over its ground. */
export async function knownGraphic(name: string): Promise<KnownGraphic> {
  const { ground, width, height, svg } = DRAWINGS[name]!;
  // Drawings are SVG, whose loader the service blocks.
  sharp.unblock({ operation: ['VipsForeignLoadSvg'] });
  const file = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${height}">${svg()}</svg>`;
  const truth = new Uint8Array(await sharp(Buffer.from(file)).ensureAlpha().raw().toBuffer());
  const rgb = [1, 3, 5].map((at) => Number.parseInt(ground.slice(at, at + 2), 16)) as [
    number,
    number,
    number,
  ];
  return { name, ground: rgb, truth, image: { data: over(truth, rgb), width, height } };
}

/** The picture of a drawing on one color; opaque. */
export function over(truth: Uint8Array, ground: readonly number[]): Uint8Array {
  const data = new Uint8Array(truth.length).fill(255);
  for (let at = 0; at < data.length; at += 4) {
    const share = truth[at + 3]! / 255;
    for (let c = 0; c < 3; c += 1) {
      data[at + c] = Math.round(truth[at + c]! * share + ground[c]! * (1 - share));
    }
  }
  return data;
}

function logo(first: string, second: string): string {
  return (
    `<path d="M120 300 L240 110 L360 300 Z" fill="${first}"/><circle cx="240" cy="390" r="90" fill="${second}"/>` +
    `<circle cx="240" cy="390" r="45" fill="${first}"/>` +
    `<text x="400" y="300" font-family="DejaVu Sans" font-weight="bold" font-size="110" fill="${second}">Aroba</text>` +
    `<rect x="400" y="340" width="330" height="14" fill="${first}"/>`
  );
}

const shadowed = (content: string): string =>
  `<defs><filter id="s" x="-20%" y="-20%" width="140%" height="140%"><feDropShadow dx="9" dy="12" stdDeviation="9" flood-color="#000" flood-opacity="0.4"/></filter></defs><g filter="url(#s)">${content}</g>`;

const gradientIcon = (): string =>
  `<defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#5b2be0"/><stop offset="1" stop-color="#e0468f"/></linearGradient></defs>` +
  `<rect x="90" y="90" width="460" height="460" rx="110" fill="url(#g)"/><path d="M200 330 L290 420 L450 230" stroke="#fff" stroke-width="46" fill="none" stroke-linecap="round" stroke-linejoin="round"/>`;

function signature(width: number, color: string): string {
  const next = numbers(21);
  let path = 'M80 260';
  for (let x = 80; x < 960; x += 40) {
    path += ` C${x + 10} ${260 - 180 * next()} ${x + 34} ${260 + 150 * next()} ${x + 40} ${250 + 30 * (next() - 0.5)}`;
  }
  return `<path d="${path} Q1000 330 300 370" fill="none" stroke="${color}" stroke-width="${width}" stroke-linecap="round"/>`;
}

function code(): string {
  const next = numbers(5);
  const cells: string[] = [];
  const add = (x: number, y: number, w = 1, fill = '#000'): void =>
    void cells.push(
      `<rect x="${63 + x * 20.16}" y="${63 + y * 20.16}" width="${w * 20.16}" height="${w * 20.16}" fill="${fill}"/>`,
    );
  for (let y = 0; y < 25; y += 1) {
    for (let x = 0; x < 25; x += 1) {
      const isFinder = (x < 8 && y < 8) || (x > 16 && y < 8) || (x < 8 && y > 16);
      if (!isFinder && next() < 0.48) add(x, y);
    }
  }
  const rings = [
    [0, 0],
    [18, 0],
    [0, 18],
  ].map(
    ([x, y]) =>
      `<path fill-rule="evenodd" d="${[
        [0, 7],
        [1, 5],
        [2, 3],
      ]
        .map(
          ([inset, side]) =>
            `M${63 + (x! + inset!) * 20.16} ${63 + (y! + inset!) * 20.16} h${side! * 20.16} v${side! * 20.16} h${-side! * 20.16} z`,
        )
        .join(' ')}"/>`,
  );
  return `<g shape-rendering="crispEdges">${cells.join('')}</g>${rings.join('')}`;
}

function lineArt(): string {
  const next = numbers(9);
  const lines = Array.from({ length: 40 }, () => {
    const [x, y] = [120 + 760 * next(), 100 + 600 * next()];
    const bend = (): number => 220 * (next() - 0.5);
    return `<path d="M${x} ${y} q${bend()} ${bend()} ${bend()} ${bend()}" stroke-width="${1 + 2 * next()}"/>`;
  });
  return `<g fill="none" stroke="#000" stroke-linecap="round"><circle cx="500" cy="400" r="280" stroke-width="3"/>${lines.join('')}</g>`;
}

const rings = (): string =>
  `<g fill="none" stroke-width="26">${[
    ['#e63946', 240],
    ['#f1faee', 450],
    ['#a8dadc', 660],
  ]
    .map(([color, x]) => `<circle cx="${x}" cy="250" r="130" stroke="${color}"/>`)
    .join('')}</g>`;

const words = (): string =>
  `<g font-family="DejaVu Serif" fill="#555"><text x="70" y="130" font-size="64">Quarterly figures</text>` +
  `<text x="70" y="220" font-size="28">The quick brown fox jumps over the lazy dog, twice.</text>` +
  `<text x="70" y="280" font-size="20">Sphinx of black quartz, judge my vow; 0123456789.</text></g><rect x="70" y="320" width="820" height="1" fill="#999"/>`;

const screenWindow = (): string =>
  `<rect x="120" y="90" width="960" height="560" rx="12" fill="#ffffff" stroke="#c4c4c4"/><rect x="120" y="90" width="960" height="52" rx="12" fill="#3a3f4b"/>` +
  `<circle cx="152" cy="116" r="9" fill="#ff5f57"/><circle cx="182" cy="116" r="9" fill="#febc2e"/><circle cx="212" cy="116" r="9" fill="#28c840"/>` +
  `<g font-family="DejaVu Sans" font-size="19" fill="#24292f">${Array.from({ length: 12 }, (_, i) => `<text x="160" y="${190 + 36 * i}">Row ${i + 1}: ${'value '.repeat(2 + ((i * 5) % 7))}</text>`).join('')}</g>`;

const chart = (): string =>
  Array.from({ length: 9 }, (_, i) => {
    const height = 90 + ((i * 97) % 330);
    return `<rect x="${110 + 88 * i}" y="${540 - height}" width="56" height="${height}" fill="${['#4e79a7', '#f28e2b', '#e15759'][i % 3]}"/>`;
  }).join('') +
  `<path d="M90 60 V541 H930" stroke="#333" stroke-width="2" fill="none"/><path d="M110 400 L300 260 L520 330 L900 120" stroke="#59a14f" stroke-width="5" fill="none"/>`;

const stickers = (): string =>
  `<g stroke="#fff" stroke-width="14"><circle cx="260" cy="300" r="140" fill="#ef476f"/><rect x="500" y="170" width="250" height="250" rx="40" fill="#118ab2"/></g><circle cx="260" cy="300" r="50" fill="#ffd166"/>`;
