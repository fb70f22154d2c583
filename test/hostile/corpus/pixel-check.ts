import { lumaOf, QUARTERS } from '../makers/pattern.js';
import type { Shown } from './image-case.js';

/** Pixels as they came out, four bytes each. */
interface Pixels {
  data: Uint8Array;
  width: number;
  height: number;
}

/** What differs between an image and what it should show; empty when nothing does. */
export function faultOfPixels({ data, width, height }: Pixels, shown: Shown): string {
  if (width !== shown.width || height !== shown.height) return `${width} × ${height}`;
  const { corners, gray = false, tolerance = 0 } = shown;
  if (corners === undefined) return '';
  const faults = corners.map((corner, i) => {
    const x = Math.floor(width * (i % 2 === 0 ? 0.25 : 0.75));
    const y = Math.floor(height * (i < 2 ? 0.25 : 0.75));
    const at = 4 * (y * width + x);
    const found = [...data.subarray(at, at + 3)];
    const luma = lumaOf(QUARTERS[corner]);
    const wanted = gray ? [luma, luma, luma] : QUARTERS[corner];
    const off = Math.max(...wanted.map((value, k) => Math.abs(value - found[k]!)));
    return off > tolerance ? `corner ${i} is ${found.join(' ')} instead of ${wanted.join(' ')}` : '';
  });
  return faults.filter(Boolean).join('; ');
}
