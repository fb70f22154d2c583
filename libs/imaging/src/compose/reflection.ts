import type { Rect } from '../raster/pixel-rect.js';
import { maxValueOf, type AnyRaster } from '../raster/raster.js';
import { pixelsIn, reflectionExtents, type RoomOptions } from './subject-room.js';

/** A reflection: whole rows of the result, straight alpha. */
export interface Reflection {
  data: AnyRaster['data'];
  /** Row of the result that the first row belongs to. */
  top: number;
}

/** Share of the opacity from which a pixel stands on the floor. */
const SOLID = 0.5;

/**
 * The reflection of a subject in a floor below it: its rows upside down from the lowest solid one, fading out evenly. Rows beyond
 * the result are left out.
 * @param image the placed subject, before anything is drawn under it
 * @param subject its box
 * @returns undefined when there is nothing to draw; the caller wipes the data
 */
export function reflectionOf(image: AnyRaster, subject: Rect, options: RoomOptions): Reflection | undefined {
  const { reflection: opacity = 0 } = options;
  const extents = reflectionExtents(options, subject);
  const length = pixelsIn(extents.length);
  const floor = floorOf(image, subject);
  const top = floor + Math.round(pixelsIn(extents.offset));
  const rows = Math.min(Math.ceil(length), floor - subject.top, image.height - top);
  if (opacity === 0 || rows <= 0) return undefined;
  const rowLength = 4 * image.width;
  const data =
    image.data instanceof Uint16Array ? new Uint16Array(rows * rowLength) : new Uint8Array(rows * rowLength);
  for (let y = 0; y < rows; y += 1) {
    const from = (floor - 1 - y) * rowLength;
    const row = data.subarray(y * rowLength, (y + 1) * rowLength);
    row.set(image.data.subarray(from, from + rowLength));
    const share = (opacity / 100) * Math.max(0, 1 - (y + 0.5) / length);
    for (let at = 3; at < rowLength; at += 4) row[at] = Math.round((row[at] as number) * share);
  }
  return { data, top };
}

/** The row below the lowest one with a solid pixel; below the subject where none is solid. */
function floorOf({ data, width }: AnyRaster, { left, top, width: across, height }: Rect): number {
  const solid = SOLID * maxValueOf(data);
  for (let y = top + height - 1; y > top; y -= 1) {
    for (let x = left; x < left + across; x += 1) {
      if ((data[4 * (y * width + x) + 3] as number) >= solid) return y + 1;
    }
  }
  return top + height;
}
