import type { Rgb } from './contrast-color.js';
import { channelDistance, GROUND_WITHIN } from './ground-color.js';
import type { Delta } from './key-space.js';
import { LUMA_SPACE, RGB_SPACE, times } from './key-space.js';
import { isShade } from './key-states.js';
import { ColorCounts, MIN_PEAK, type Ink } from './ink-colors.js';
import type { Rect } from '../raster/pixel-rect.js';
import type { Raster } from '../raster/raster.js';

/** Pixels that are looked at, at most about this many. */
const MAX_SAMPLES = 120_000;
/** Difference to the four neighbors up to which a pixel is inside of an area, and not at an edge. */
const STILL_WITHIN = 6;
/** Distance from the ground up to which an area inside is faint: as shadows and white objects on white. */
const FAINT_WITHIN = 60;
/** Share of a faint ink's pixels that have exactly its color. */
const MIN_EXACT = 0.85;
/** Distance from the ground above which a pixel is on a line, and not part of an edge or of noise. */
const STRONG_FROM = 24;
/** Strokes are at most this share of the shorter side wide, and at least so many pixels. */
const STROKE_SHARE = 0.012;
const MIN_STROKE_PIXELS = 7;
/** Noise is measured so far from strong colors, in pixels: inside of the blocks that a lossy encoder has disturbed. */
const CLEAR_OF_INK = 2;
const NEAR_INK = [4, 7];
/** Distances within a block of a lossy encoder. */
const BLOCK_OFFSETS = [2, 4, 7];
const NOISE_PERCENTILE = 0.95;
/** Inks that lines may have. */
const MAX_AXES = 4;

/** What a picture on one color consists of. Shares are from 0 to 1. */
export interface GraphicsSurvey {
  /** Pixels that were looked at. */
  samples: number;
  /** Share of the picture that has the ground's color. */
  ground: number;
  /** Shares of all other pixels: inside of areas, and of these with the color of an ink. */
  still: number;
  flat: number;
  /** As `flat`, without the pixels that differ from the ink by more than a level. */
  exact: number;
  /** Inside of areas, near the ground's color, without the color of an ink. */
  faint: number;
  /** Share of the pixels inside of areas, without the color of an ink, whose color is the ground's, darkened. */
  shaded: number;
  /** Wider than a stroke of a pen. */
  thick: number;
  /** Share of the strong pixels whose color is a mix of the ground and one of few colors. */
  aligned: number;
  /** Edges inside of edges: texture. */
  textured: number;
  /** Noise of the ground beside strong colors, in levels. */
  noise: number;
  inks: Ink[];
  /** Colors that lines have at their middle. */
  lineInks: Ink[];
  isOpaque: boolean;
}

/** Looks at evenly spread pixels of a region whose ground has one color. */
export function surveyGraphics(image: Raster, region: Rect, ground: Rgb): GraphicsSurvey {
  return new Survey(image, region, ground).result();
}

class Survey {
  private readonly data: Uint8Array;
  private readonly row: number;
  private readonly reach: number;
  private readonly colors = new ColorCounts();
  private readonly lines = new ColorCounts();
  private readonly noise = new Uint32Array(64);
  /** Offsets of pixels inside of areas. */
  private readonly inside: number[] = [];
  /** Offsets of strong pixels. */
  private readonly strong: number[] = [];
  private readonly counts = { samples: 0, ground: 0, still: 0, edge: 0, thick: 0, textured: 0, hidden: 0 };

  constructor(
    image: Raster,
    private readonly region: Rect,
    private readonly ground: Rgb,
  ) {
    this.data = image.data;
    this.row = 4 * image.width;
    this.reach = Math.max(
      MIN_STROKE_PIXELS,
      Math.round(STROKE_SHARE * Math.min(region.width, region.height)),
    );
    this.sample(image.width);
  }

  result(): GraphicsSurvey {
    const { samples, ground, still, edge, thick, textured, hidden } = this.counts;
    const distanceOf = ({ color }: Ink): number => channelDistance(Uint8Array.from(color), 0, this.ground);
    const inks = this.colors
      .inks(MIN_PEAK)
      .filter((ink) => distanceOf(ink) > FAINT_WITHIN || ink.exact >= MIN_EXACT);
    const noise = this.noiseLevel();
    const lineInks = this.lines.inks(0.6);
    const others = Math.max(1, samples - ground);
    const flat = inks.reduce((sum, { count }) => sum + count, 0);
    const exact = inks.reduce((sum, ink) => sum + ink.exact * ink.count, 0);
    const isInk = (at: number): boolean =>
      inks.some(({ color }) => channelDistance(this.data, at, color) <= 5);
    const rest = this.inside.filter((at) => !isInk(at));
    const faint = rest.filter((at) => channelDistance(this.data, at, this.ground) <= FAINT_WITHIN).length;
    const shaded = rest.filter((at) => isShade(this.data, at, this.ground)).length;
    this.colors.wipe();
    this.lines.wipe();
    return {
      samples,
      ground: ground / Math.max(1, samples),
      still: still / others,
      flat: flat / Math.max(1, still),
      exact: exact / Math.max(1, still),
      faint: faint / others,
      shaded: rest.length === 0 ? 1 : shaded / rest.length,
      thick: thick / Math.max(1, this.strong.length),
      aligned: this.alignedShare([...inks, ...lineInks], noise > 0),
      textured: textured / Math.max(1, edge),
      noise,
      inks,
      lineInks,
      isOpaque: hidden === 0,
    };
  }

  private sample(width: number): void {
    const { left, top, width: across, height } = this.region;
    const margin = 8;
    const step = Math.max(1, Math.floor(Math.sqrt((across * height) / MAX_SAMPLES)));
    for (let y = top + margin; y < top + height - margin; y += step) {
      for (let x = left + margin; x < left + across - margin; x += step) this.look(4 * (y * width + x));
    }
  }

  private look(at: number): void {
    const { data, counts } = this;
    counts.samples += 1;
    if (data[at + 3] !== 255) counts.hidden += 1;
    const distance = channelDistance(data, at, this.ground);
    if (distance <= 32 && counts.samples % 3 === 0) this.lookAtNoise(at);
    if (distance <= GROUND_WITHIN) {
      counts.ground += 1;
      return;
    }
    if (distance > STRONG_FROM) {
      this.strong.push(at);
      if (this.isThick(at)) counts.thick += 1;
      if (this.isMiddle(at, distance))
        this.lines.add(data[at] as number, data[at + 1] as number, data[at + 2] as number);
    }
    if (this.slope(at) > STILL_WITHIN) {
      counts.edge += 1;
      if (this.isTextured(at)) counts.textured += 1;
      return;
    }
    if (distance <= FAINT_WITHIN && this.isBesideInk(at)) {
      counts.edge += 1;
      return;
    }
    counts.still += 1;
    this.colors.add(data[at] as number, data[at + 1] as number, data[at + 2] as number);
    this.inside.push(at);
  }

  /** Largest difference of a channel to the four neighbors. */
  private slope(at: number): number {
    const { data, row } = this;
    let slope = 0;
    for (let c = at; c < at + 3; c += 1) {
      const value = data[c] as number;
      slope = Math.max(
        slope,
        Math.abs(value - (data[c - 4] as number)),
        Math.abs(value - (data[c + 4] as number)),
        Math.abs(value - (data[c - row] as number)),
        Math.abs(value - (data[c + row] as number)),
      );
    }
    return slope;
  }

  /** True when edges surround the pixel at a distance. */
  private isTextured(at: number): boolean {
    const { data, row } = this;
    let edges = 0;
    for (const offset of [-20, 20, -5 * row, 5 * row]) {
      const there = at + offset;
      if (channelDistance(data, there, this.ground) > GROUND_WITHIN && this.slope(there) > STILL_WITHIN)
        edges += 1;
    }
    return edges >= 3;
  }

  /** True when a color far from the ground is so near that a lossy encoder mixes both. */
  private isBesideInk(at: number): boolean {
    const { data, row, ground } = this;
    return BLOCK_OFFSETS.some((far) =>
      [4, -4, row, -row, row + 4, row - 4, 4 - row, -4 - row].some(
        (offset) => channelDistance(data, at + far * offset, ground) > FAINT_WITHIN,
      ),
    );
  }

  /** True when no ground is near, neither across nor down. */
  private isThick(at: number): boolean {
    return this.extent(at, 4) > this.reach && this.extent(at, this.row) > this.reach;
  }

  /** Pixels without ground in a direction and its opposite, up to a little more than a stroke. */
  private extent(at: number, offset: number): number {
    const { data, ground, reach } = this;
    let count = 1;
    for (const step of [offset, -offset]) {
      for (let there = at + step; count <= reach; there += step) {
        if (there < 0 || there >= data.length || channelDistance(data, there, ground) <= STRONG_FROM) break;
        count += 1;
      }
    }
    return count;
  }

  /** True when no neighbor is farther from the ground. */
  private isMiddle(at: number, distance: number): boolean {
    const { data, row, ground } = this;
    for (const offset of [-4, 4, -row, row, -row - 4, row - 4, 4 - row, row + 4]) {
      if (channelDistance(data, at + offset, ground) > distance) return false;
    }
    return true;
  }

  /** Counts the noise of a pixel: its difference from the mean of its neighbors, so that soft shadows do not count. */
  private lookAtNoise(at: number): void {
    const { data, row, ground } = this;
    for (const offset of [4, -4, row, -row]) {
      if (channelDistance(data, at + CLEAR_OF_INK * offset, ground) > FAINT_WITHIN) return;
      if (channelDistance(data, at + offset, ground) > FAINT_WITHIN) return;
    }
    const isNear = NEAR_INK.some((far) =>
      [4, -4, row, -row].some((offset) => channelDistance(data, at + far * offset, ground) > FAINT_WITHIN),
    );
    if (!isNear) return;
    let noise = 0;
    for (let c = 0; c < 3; c += 1) {
      const value = 2 * (data[at + c] as number);
      const across = Math.abs(value - (data[at + c - 4] as number) - (data[at + c + 4] as number));
      const down = Math.abs(value - (data[at + c - row] as number) - (data[at + c + row] as number));
      noise = Math.max(noise, across, down);
    }
    const level = Math.min(63, noise >> 1);
    this.noise[level] = (this.noise[level] as number) + 1;
  }

  private noiseLevel(): number {
    const total = this.noise.reduce((sum, count) => sum + count, 0);
    let seen = 0;
    for (let level = 0; level < 63; level += 1) {
      seen += this.noise[level] as number;
      if (seen >= NOISE_PERCENTILE * total) return level;
    }
    return total === 0 ? 0 : 63;
  }

  /** Share of the strong pixels near a line from the ground to an ink. */
  private alignedShare(inks: readonly Ink[], isLossy: boolean): number {
    const { from } = isLossy ? LUMA_SPACE : RGB_SPACE;
    const { data, ground } = this;
    const delta = (color: ArrayLike<number>, at = 0): Delta =>
      times(
        from,
        [0, 1, 2].map((c) => (color[at + c] as number) - (ground[c] as number)) as unknown as Delta,
      );
    const strong = this.strong
      .map((at) => delta(data, at))
      .sort((a, b) => Math.hypot(...b) - Math.hypot(...a));
    if (strong.length === 0) return 0;
    const axes: Delta[] = [];
    for (const ink of [
      meanOf(strong.slice(0, Math.ceil(strong.length / 10))),
      ...inks.map(({ color }) => delta(color)),
    ]) {
      const length = Math.hypot(...ink);
      const axis = ink.map((value) => value / length) as unknown as Delta;
      if (length > FAINT_WITHIN && axes.length < MAX_AXES && axes.every((other) => dot(other, axis) < 0.99))
        axes.push(axis);
    }
    const aligned = strong.filter((color) => {
      const square = dot(color, color);
      return axes.some((axis) => square - dot(color, axis) ** 2 <= Math.max(100, 0.0225 * square));
    });
    return aligned.length / strong.length;
  }
}

const dot = (a: Delta, b: Delta): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

const meanOf = (colors: readonly Delta[]): Delta =>
  [0, 1, 2].map(
    (c) => colors.reduce((sum, color) => sum + (color[c] as number), 0) / colors.length,
  ) as unknown as Delta;
