/**
 * Quality and cost of edges, on images of 4 megapixels with known ground truth: hair, fur, thin structures and hard
 * edges over four backgrounds each, with the mask that a perfect model would give.
 *
 *   npm run bench -- edges [--rounds 3] [--json] [--sheets FOLDER]
 *
 * Settings: `plain` is the enlarged mask with the image's colors; the others add `foreground` colors, refined edges
 * (`refine`), or `both`. Errors are summed over the whole image and divided by the pixels of the band (those in mask
 * cells that are neither 0 nor 255), of 255: `alpha` against the true alpha, `seen` against the true cut-out when
 * both are composited over black and over white. `share` is `seen` relative to that of `plain`. `--sheets` writes
 * pictures for visual inspection.
 */
import { loadavg } from 'node:os';
import { prepareEdges, type EdgeOptions } from '#imaging/matting/edge-maps.js';
import { applyMatte } from '#imaging/matting/matte.js';
import { writeSheets } from './edge-sheets.js';
import { argument, show, tenth } from '../lib/figures.js';
import { BACKGROUNDS, KINDS, knownCutout, SIDE, type KnownCutout } from './known-cutouts.js';

const SETTINGS = {
  plain: { refine: 'none', foreground: false },
  foreground: { refine: 'none', foreground: true },
  refine: { refine: 'edges', foreground: false },
  both: { refine: 'edges', foreground: true },
} as const satisfies Record<string, EdgeOptions>;
type Setting = keyof typeof SETTINGS;
const NAMES = Object.keys(SETTINGS) as Setting[];

interface Figures {
  alpha: number;
  seen: number;
  ms: number;
  prepareMs: number;
}

const rounds = Number(argument('rounds', '3'));
const sheets = argument('sheets', '');
const before = tenth(loadavg()[0] ?? 0);
const kinds: Record<string, unknown> = {};
for (const kind of KINDS) {
  const each: Record<Setting, Figures>[] = [];
  for (const background of BACKGROUNDS) {
    const known = await knownCutout(kind, background);
    each.push(measure(known));
    process.stderr.write(`${kind} before ${background}: ${line(each.at(-1)!)}\n`);
  }
  kinds[kind] = summary(each);
}
if (sheets !== '') await writeSheets(sheets, Object.entries(SETTINGS));
show('edges', { kinds, machineLoad: [before, tenth(loadavg()[0] ?? 0)] });

/** One image with every setting; rounds are interleaved, and the minimum of each time counts. */
function measure(known: KnownCutout): Record<Setting, Figures> {
  const figures = {} as Record<Setting, Figures>;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of NAMES) {
      const { data, ...times } = cutWith(known, SETTINGS[name]);
      const earlier = figures[name] as Figures | undefined;
      figures[name] = {
        ...(earlier ?? errors(known, data)),
        ms: Math.min(times.ms, earlier?.ms ?? Infinity),
        prepareMs: Math.min(times.prepareMs, earlier?.prepareMs ?? Infinity),
      };
    }
  }
  return figures;
}

function cutWith(
  { image, mask, guide }: KnownCutout,
  options: EdgeOptions,
): { data: Uint8Array; ms: number; prepareMs: number } {
  const copy = { ...image, data: Uint8Array.from(image.data) };
  const startedAt = performance.now();
  const edges =
    options.foreground || options.refine !== 'none' ? prepareEdges(guide, mask, options) : undefined;
  const prepared = performance.now();
  applyMatte(copy, mask, { edges });
  const end = performance.now();
  edges?.wipe();
  return { data: copy.data, ms: end - startedAt, prepareMs: prepared - startedAt };
}

function errors({ alpha, subject, mask }: KnownCutout, data: Uint8Array): { alpha: number; seen: number } {
  const scale = mask.width / SIDE;
  let [band, alphaError, seenError] = [0, 0, 0];
  for (let i = 0; i < alpha.length; i += 1) {
    const truth = alpha[i]!;
    const own = data[4 * i + 3]!;
    const cell =
      mask.data[Math.floor(Math.floor(i / SIDE) * scale) * mask.width + Math.floor((i % SIDE) * scale)]!;
    if (cell > 0 && cell < 255) band += 1;
    if (own === truth && (own === 0 || own === 255)) continue;
    alphaError += Math.abs(own - truth);
    for (let c = 0; c < 3; c += 1) {
      const onBlack = (data[4 * i + c]! * own - subject[3 * i + c]! * truth) / 255;
      seenError += (Math.abs(onBlack) + Math.abs(onBlack + truth - own)) / 6;
    }
  }
  return { alpha: alphaError / band, seen: seenError / band };
}

/** Means over the backgrounds, the worst background's share, and the minimum of the times. */
function summary(each: Record<Setting, Figures>[]): Record<string, unknown> {
  const mean = (name: Setting, key: keyof Figures): number =>
    each.reduce((sum, figures) => sum + figures[name][key], 0) / each.length;
  const min = (name: Setting, key: keyof Figures): number =>
    Math.min(...each.map((figures) => figures[name][key]));
  const hundredth = (value: number): number => Math.round(100 * value) / 100;
  return Object.fromEntries(
    NAMES.map((name) => [
      name,
      {
        alpha: hundredth(mean(name, 'alpha')),
        alphaShare: hundredth(mean(name, 'alpha') / mean('plain', 'alpha')),
        seen: hundredth(mean(name, 'seen')),
        share: hundredth(mean(name, 'seen') / mean('plain', 'seen')),
        worstShare: hundredth(Math.max(...each.map((figures) => figures[name].seen / figures.plain.seen))),
        ms: tenth(min(name, 'ms')),
        prepareMs: tenth(min(name, 'prepareMs')),
      },
    ]),
  );
}

function line(figures: Record<Setting, Figures>): string {
  return NAMES.map((name) => {
    const { alpha, seen, ms } = figures[name];
    return `${name} ${tenth(alpha)} ${tenth(seen)} (${(seen / figures.plain.seen).toFixed(2)}) ${tenth(ms)} ms`;
  }).join(', ');
}
