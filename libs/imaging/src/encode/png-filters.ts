import type { Run } from '../raster/pixel-rect.js';

/** The number of the filter "Up" (PNG, third edition, section 9.2), which stands in front of each row. */
const UP = 2;

/**
 * Filters rows for PNG: each byte minus the one above it, modulo 256, with the filter's number before each row.
 * One filter for all rows, because trying five on each costs more time than all of the deflating and gains at
 * most a twentieth of the size on photographs.
 *
 * Four bytes are subtracted at a time, as the lanes of one integer: with the top bit of each lane set in the
 * minuend and cleared in the subtrahend no lane borrows from the next, and the top bits are put right after
 * (Warren, "Hacker's Delight", section 2-18).
 * @param out gets `rows.length / above.length` rows of one byte more than those of `rows`
 * @param rows whole rows of `above.length` bytes
 * @param above the row before the first one; zeros at the top of the image
 * @param filled bytes of a row; beside these, row `i` and the one above it are 0, and need not be looked at
 */
export function filterUp(
  out: Uint8Array,
  rows: Uint8Array,
  above: Uint8Array,
  filled: (i: number) => Run = () => ({ from: 0, to: above.length }),
): void {
  const rowBytes = above.length;
  let [before, beforeAt] = [viewOf(above), 0];
  const [source, target] = [viewOf(rows), viewOf(out)];
  for (let i = 0, at = 0, outAt = 1; at < rows.length; i += 1, at += rowBytes, outAt += rowBytes + 1) {
    const { from, to } = filled(i);
    out[outAt - 1] = UP;
    out.fill(0, outAt, outAt + from);
    subtractRow(
      { view: target, at: outAt + from },
      { view: source, at: at + from },
      { view: before, at: beforeAt + from },
      to - from,
    );
    out.fill(0, outAt + to, outAt + rowBytes);
    [before, beforeAt] = [source, at];
  }
}

/** A place in memory; DataView, because a row begins wherever the one before it ended. */
interface Place {
  view: DataView;
  at: number;
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

function subtractRow(to: Place, from: Place, before: Place, length: number): void {
  const { view: out, at: outAt } = to;
  const { view: row, at: rowAt } = from;
  const { view: above, at: aboveAt } = before;
  const words = length - (length % 4);
  for (let i = 0; i < words; i += 4) {
    const a = row.getUint32(rowAt + i, true);
    const b = above.getUint32(aboveAt + i, true);
    out.setUint32(outAt + i, ((a | 0x80808080) - (b & 0x7f7f7f7f)) ^ ((a ^ ~b) & 0x80808080), true);
  }
  for (let i = words; i < length; i += 1) {
    out.setUint8(outAt + i, row.getUint8(rowAt + i) - above.getUint8(aboveAt + i));
  }
}
