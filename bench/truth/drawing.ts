import type { Random } from './random.js';

/** Hue in degrees, saturation and lightness from 0 to 1. */
export interface Tone {
  hue: number;
  saturation: number;
  lightness: number;
}

/** A color of SVG from a tone; `lighter` is added to the lightness. */
export function paint({ hue, saturation, lightness }: Tone, lighter = 0): string {
  const light = Math.min(0.98, Math.max(0.02, lightness + lighter));
  const reach = saturation * Math.min(light, 1 - light);
  const channel = (n: number): number => {
    const k = (n + hue / 30) % 12;
    return Math.round(255 * (light - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return `rgb(${channel(0)},${channel(8)},${channel(4)})`;
}

/** A color as things of plastic, cloth or paint have it. */
export const anyTone = (random: Random): Tone => ({
  hue: random.within(0, 360),
  saturation: random.within(0.15, 0.85),
  lightness: random.within(0.22, 0.7),
});

type Stop = readonly [offset: number, color: string, opacity?: number];

/** Elements of an SVG picture on a transparent ground, with their gradients. */
export class Drawing {
  private readonly parts: string[] = [];
  private readonly definitions: string[] = [];

  constructor(
    readonly width: number,
    readonly height: number,
  ) {}

  add(...elements: string[]): void {
    this.parts.push(...elements);
  }

  /** A linear gradient over the box of the shape it fills, from left to right or from top to bottom. */
  linear(stops: readonly Stop[], isUpright = false): string {
    const end = isUpright ? 'x2="0" y2="1"' : 'x2="1" y2="0"';
    return this.define(`<linearGradient id="%" x1="0" y1="0" ${end}>${stopsOf(stops)}</linearGradient>`);
  }

  /** A radial gradient whose bright point is up and left of the middle. */
  radial(stops: readonly Stop[], focus = 0.35): string {
    return this.define(
      `<radialGradient id="%" cx="0.5" cy="0.5" r="0.62" fx="${focus}" fy="${focus}">${stopsOf(stops)}</radialGradient>`,
    );
  }

  /** Light and shade of a sphere. */
  ball(tone: Tone): string {
    return this.radial([
      [0, paint(tone, 0.25)],
      [0.45, paint(tone)],
      [1, paint(tone, -0.22)],
    ]);
  }

  /** Light and shade of an upright cylinder. */
  cylinder(tone: Tone): string {
    return this.linear([
      [0, paint(tone, -0.2)],
      [0.2, paint(tone, 0.05)],
      [0.33, paint(tone, 0.24)],
      [0.5, paint(tone, 0.02)],
      [0.85, paint(tone, -0.2)],
      [1, paint(tone, -0.1)],
    ]);
  }

  /** Light from above. */
  upright(tone: Tone): string {
    return this.linear(
      [
        [0, paint(tone, 0.14)],
        [1, paint(tone, -0.14)],
      ],
      true,
    );
  }

  /** Size of the drawing after a rotation. */
  rotated(degrees: number): { width: number; height: number } {
    const [cos, sin] = [
      Math.abs(Math.cos((degrees * Math.PI) / 180)),
      Math.abs(Math.sin((degrees * Math.PI) / 180)),
    ];
    return { width: this.width * cos + this.height * sin, height: this.width * sin + this.height * cos };
  }

  /**
   * The picture as SVG of a given size.
   * @param degrees rotation around its middle
   */
  svg(width: number, height: number, degrees = 0): string {
    const view = this.rotated(degrees);
    const [left, top] = [(this.width - view.width) / 2, (this.height - view.height) / 2];
    const transform = `rotate(${degrees} ${this.width / 2} ${this.height / 2})`;
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${left} ${top} ${view.width} ${view.height}" ` +
      `preserveAspectRatio="none"><defs>${this.definitions.join('')}</defs><g transform="${transform}" stroke-linecap="round" ` +
      `stroke-linejoin="round">${this.parts.join('')}</g></svg>`
    );
  }

  private define(definition: string): string {
    const id = `g${this.definitions.length}`;
    this.definitions.push(definition.replace('%', id));
    return `url(#${id})`;
  }
}

const stopsOf = (stops: readonly Stop[]): string =>
  stops
    .map(
      ([offset, color, opacity = 1]) =>
        `<stop offset="${offset}" stop-color="${color}" stop-opacity="${opacity}"/>`,
    )
    .join('');

/** A point, or two radii, or two sides. */
export type Pair = readonly [number, number];

export const ellipse = ([cx, cy]: Pair, [rx, ry]: Pair, fill: string, more = ''): string =>
  `<ellipse cx="${cx}" cy="${cy}" rx="${rx}" ry="${ry}" fill="${fill}" ${more}/>`;

export const box = ([x, y]: Pair, [width, height]: Pair, fill: string, more = ''): string =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}" ${more}/>`;

export const shape = (d: string, fill: string, more = ''): string =>
  `<path d="${d}" fill="${fill}" ${more}/>`;

export const line = (d: string, stroke: string, width: number, more = ''): string =>
  `<path d="${d}" fill="none" stroke="${stroke}" stroke-width="${width.toFixed(2)}" ${more}/>`;

export const polygon = (points: readonly (readonly [number, number])[], fill: string, more = ''): string =>
  `<polygon points="${points.map((p) => p.join(',')).join(' ')}" fill="${fill}" ${more}/>`;

/** Outline of a body of revolution: radius by height, mirrored at the axis `x`. Smooth between the points. */
export function lathe(x: number, profile: readonly (readonly [y: number, radius: number])[]): string {
  const side = (points: readonly (readonly [number, number])[], sign: number): string =>
    points
      .slice(1)
      .map(([y, r], i) => {
        const [y0, r0] = points[i]!;
        const middle = (y0 + y) / 2;
        return `C${x + sign * r0},${middle} ${x + sign * r},${middle} ${x + sign * r},${y}`;
      })
      .join('');
  const [top, bottom] = [profile[0]!, profile.at(-1)!];
  const back = [...profile].reverse();
  const dip = 0.12;
  return (
    `M${x - top[1]},${top[0]}${side(profile, -1)}Q${x},${bottom[0] + dip * 2 * bottom[1]} ${x + bottom[1]},${bottom[0]}` +
    `${side(back, 1)}Q${x},${top[0] + dip * top[1]} ${x - top[1]},${top[0]}Z`
  );
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

interface Font {
  size: number;
  fill: string;
}

/** A line of text. */
export const words = ([x, y]: Pair, { size, fill }: Font, text: string, more = ''): string =>
  `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}" font-family="DejaVu Sans, sans-serif" ${more}>${escaped(text)}</text>`;
