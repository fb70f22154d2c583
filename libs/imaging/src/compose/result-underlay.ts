import type { Color } from '#contracts/option-color.js';
import { fullOf, type AnyRaster, type Raster } from '../raster/raster-shape.js';
import type { Shadow } from './result-shadow.js';

/** What lies under a cut-out, from the bottom up. */
export interface Underlay {
  color: Color | undefined;
  /** As large as the cut-out; its own alpha lets the colour through. */
  picture: Raster | undefined;
  shadow: Shadow | undefined;
}

/** A pixel's colour times its alpha, and its alpha, each 0 to 1. */
type Premultiplied = [red: number, green: number, blue: number, alpha: number];

const BYTE = 255;

/**
 * Puts a colour, a picture and a shadow under a cut-out, in place: Porter-Duff "over" (T. Porter and T. Duff,
 * "Compositing digital images", SIGGRAPH 1984), on sRGB values as all such tools do. Opaque pixels are left alone.
 */
export function underlay(image: AnyRaster, under: Underlay): void {
  const { data } = image;
  const full = fullOf(data);
  const base = premultiplied(under.color);
  const below: Premultiplied = [...base];
  for (let i = 0, at = 0; at < data.length; i += 1, at += 4) {
    const alpha = (data[at + 3] as number) / full;
    if (alpha === 1) continue;
    below[0] = base[0];
    below[1] = base[1];
    below[2] = base[2];
    below[3] = base[3];
    if (under.picture !== undefined) layPicture(below, under.picture.data, at);
    if (under.shadow !== undefined) layBlack(below, (under.shadow.data[i] as number) / BYTE);
    blend(data, at, alpha, below);
  }
}

function premultiplied(color: Color | undefined): Premultiplied {
  if (color === undefined) return [0, 0, 0, 0];
  const alpha = color.alpha / BYTE;
  return [(color.red / BYTE) * alpha, (color.green / BYTE) * alpha, (color.blue / BYTE) * alpha, alpha];
}

function layPicture(below: Premultiplied, picture: Uint8Array, at: number): void {
  const alpha = (picture[at + 3] as number) / BYTE;
  const through = 1 - alpha;
  below[0] = ((picture[at] as number) / BYTE) * alpha + below[0] * through;
  below[1] = ((picture[at + 1] as number) / BYTE) * alpha + below[1] * through;
  below[2] = ((picture[at + 2] as number) / BYTE) * alpha + below[2] * through;
  below[3] = alpha + below[3] * through;
}

function layBlack(below: Premultiplied, alpha: number): void {
  const through = 1 - alpha;
  below[0] *= through;
  below[1] *= through;
  below[2] *= through;
  below[3] = alpha + below[3] * through;
}

/** The pixel at `at`, of opacity `alpha`, over `below`. */
function blend(data: Uint8Array | Uint16Array, at: number, alpha: number, below: Premultiplied): void {
  const full = fullOf(data);
  const through = 1 - alpha;
  const whole = alpha + below[3] * through;
  if (whole === 0) return;
  for (let k = 0; k < 3; k += 1) {
    const color = ((data[at + k] as number) / full) * alpha + (below[k] as number) * through;
    data[at + k] = Math.round((color / whole) * full);
  }
  const opacity = Math.round(whole * full);
  data[at + 3] = opacity;
  if (opacity === 0) data[at] = data[at + 1] = data[at + 2] = 0;
}
