/** How well masks of two networks agree, over several pictures. */
export interface Agreement {
  /** Median and smallest soft intersection over union. */
  median: number;
  worst: number;
  /** Pictures that were compared. */
  pictures: number;
  /** Pictures left out: the reference has no subject there, so any trace would count as total disagreement. */
  empty: number;
}

/** Share of the opacity of a whole picture below which there is no subject. */
const MIN_SUBJECT = 0.005;
const BYTE_MAX = 255;

/** Soft intersection over union of two masks of one size: sum of the smaller values by sum of the larger ones. */
export function softIou(own: Uint8Array, reference: Uint8Array): number {
  let [both, either] = [0, 0];
  for (let i = 0; i < reference.length; i += 1) {
    const [a, b] = [own[i] ?? 0, reference[i] ?? 0];
    both += Math.min(a, b);
    either += Math.max(a, b);
  }
  return either === 0 ? 1 : both / either;
}

/** True when a mask shows next to nothing. */
export function isEmpty(mask: Uint8Array): boolean {
  let sum = 0;
  for (const value of mask) sum += value;
  return sum < MIN_SUBJECT * BYTE_MAX * mask.length;
}

/** @param ious one for each picture; undefined where the reference is empty */
export function agreementOf(ious: readonly (number | undefined)[]): Agreement {
  const sorted = ious.filter((iou) => iou !== undefined).sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2;
  return { median, worst: sorted[0] ?? NaN, pictures: sorted.length, empty: ious.length - sorted.length };
}
