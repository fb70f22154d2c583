import type { Color, Gradient } from '#contracts/option-color.js';
import type { Size } from '../raster/pixel-rect.js';
import type { Raster } from '../raster/raster.js';

/**
 * A gradient that fills a canvas as `linear-gradient` of CSS does (CSS Images Module Level 3, section 3.1): its line runs through the
 * center, so long that the corners have the first and the last color exactly. Colors are blended premultiplied.
 */
export function gradientRaster({ colors, angle }: Gradient, { width, height }: Size): Raster {
  const radians = (angle * Math.PI) / 180;
  const [across, down] = [Math.sin(radians), -Math.cos(radians)];
  const length = Math.abs(width * across) + Math.abs(height * down);
  const stops = colors.map(premultiplied);
  const data = new Uint8Array(width * height * 4);
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 4) {
      const along = (x + 0.5 - width / 2) * across + (y + 0.5 - height / 2) * down;
      writeColor(data, at, stops, along / length + 0.5);
    }
  }
  return { data, width, height };
}

/** Red, green, blue times alpha, and alpha; each 0 to 1. */
type Stop = readonly [number, number, number, number];

const premultiplied = ({ red, green, blue, alpha }: Color): Stop => {
  const share = alpha / 255;
  return [(red / 255) * share, (green / 255) * share, (blue / 255) * share, share];
};

function writeColor(data: Uint8Array, at: number, stops: readonly Stop[], position: number): void {
  const place = Math.min(Math.max(position, 0), 1) * (stops.length - 1);
  const index = Math.min(Math.floor(place), stops.length - 2);
  const [from, to] = [stops[index] as Stop, stops[index + 1] as Stop];
  const part = place - index;
  const alpha = from[3] + (to[3] - from[3]) * part;
  for (let k = 0; k < 3; k += 1) {
    const value = (from[k] as number) + ((to[k] as number) - (from[k] as number)) * part;
    data[at + k] = alpha === 0 ? 0 : Math.round((255 * value) / alpha);
  }
  data[at + 3] = Math.round(255 * alpha);
}
