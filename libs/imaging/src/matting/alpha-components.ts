import { wipe } from '#crypto/wipe.js';
import { VISIBLE_FROM } from './own-alpha.js';
import { photoComponents } from './photo-components.js';
import type { Mask } from '../raster/raster.js';

/**
 * Alpha from which neighboring cells are connected: with a lower limit, soft shadows would join separate components.
 */
const SOLID_FROM = 128;
/** A component of which the mask covers this share is subject. */
const SUBJECT_FROM = 0.9;
/** A component of which the mask covers no more than this share was not detected by the model. */
const UNSEEN_TO = 0.1;

/**
 * Decides where an earlier cut-out keeps its own alpha. Each connected component is judged by itself. A component
 * that the mask covers almost entirely is subject, and one that it hardly covers was not detected: both keep their
 * alpha. So do drawn and small components (`photoComponents`), which models trained on photos split at random. Only a
 * photo that the mask splits has a background of its own (a loose selection, a round portrait), and is left to the
 * mask. Soft edges belong to the component that they surround.
 * @param own alpha of the image, on the mask's grid
 * @param guideOf colors on the grid, three bytes a cell, flattened as in the model's input; called only if needed
 * @returns 1 for each cell that keeps its alpha, 0 where the mask decides; the caller wipes it, since it shows shapes
 */
export function ownAlphaCells(own: Uint8Array, mask: Mask, guideOf: () => Uint8Array): Uint8Array {
  const parts = new AlphaComponents(own, mask);
  try {
    parts.label(SOLID_FROM);
    // Components that are soft everywhere, such as a separate shadow, are never split.
    let kept: readonly boolean[] = parts.maskShares.map(
      (share) => share >= SUBJECT_FROM || share <= UNSEEN_TO,
    );
    if (!kept.every(Boolean)) {
      const isPhoto = photoComponents(parts.labels, { own, guide: guideOf(), mask });
      kept = kept.map((isKept, label) => isKept || !isPhoto.has(label));
    }
    if (kept.every(Boolean)) return new Uint8Array(own.length).fill(1);
    parts.grow(VISIBLE_FROM, kept);
    parts.label(VISIBLE_FROM);
    kept = parts.maskShares.map((_, label) => kept[label] ?? true);
    parts.grow(0, kept);
    return ownAlphaCellsOf(parts.labels, kept);
  } finally {
    parts.wipe();
  }
}

function ownAlphaCellsOf(labels: Int32Array, kept: readonly boolean[]): Uint8Array {
  const cells = new Uint8Array(labels.length);
  for (let cell = 0; cell < cells.length; cell += 1) cells[cell] = kept[labels[cell] as number] ? 1 : 0;
  return cells;
}

/** Connected components of a grid, with 8-connectivity. */
class AlphaComponents {
  /** Component of each cell, counted from 0; -1 for none. */
  readonly labels: Int32Array;
  /** Share of each component that the mask covers, 0 to 1. */
  readonly maskShares: number[] = [];
  private readonly own: Uint8Array;
  private readonly mask: Mask;
  private readonly queue: Int32Array;

  constructor(own: Uint8Array, mask: Mask) {
    this.own = own;
    this.mask = mask;
    this.labels = new Int32Array(own.length).fill(-1);
    this.queue = new Int32Array(own.length);
  }

  /** Labels the components of unlabeled cells with at least this alpha. */
  label(minAlpha: number): void {
    const { data } = this.mask;
    for (let cell = 0; cell < this.labels.length; cell += 1) {
      if (this.labels[cell] !== -1 || (this.own[cell] as number) < minAlpha) continue;
      const label = this.maskShares.length;
      this.labels[cell] = label;
      this.queue[0] = cell;
      const count = this.spread(1, minAlpha);
      let maskSum = 0;
      for (let i = 0; i < count; i += 1) maskSum += data[this.queue[i] as number] as number;
      this.maskShares.push(maskSum / (255 * count));
    }
  }

  /** Assigns cells of at least this alpha to the nearest component in steps; ties go to one that keeps its alpha. */
  grow(minAlpha: number, kept: readonly boolean[]): void {
    let count = 0;
    for (const wasKept of [true, false]) {
      for (let cell = 0; cell < this.labels.length; cell += 1) {
        const label = this.labels[cell] as number;
        if (label !== -1 && kept[label] === wasKept) this.queue[count++] = cell;
      }
    }
    this.spread(count, minAlpha);
  }

  /** Overwrites its working memory. */
  wipe(): void {
    wipe(this.labels, this.queue);
  }

  /** Breadth-first search from the first `count` cells of the queue. Returns the length of the queue. */
  private spread(count: number, minAlpha: number): number {
    const [labels, own, queue] = [this.labels, this.own, this.queue];
    const { width, height } = this.mask;
    let end = count;
    for (let i = 0; i < end; i += 1) {
      const cell = queue[i] as number;
      const label = labels[cell] as number;
      const x = cell % width;
      const [first, last] = [x === 0 ? 0 : -1, x === width - 1 ? 0 : 1];
      for (let row = cell - width; row <= cell + width; row += width) {
        if (row < 0 || row >= width * height) continue;
        for (let next = row + first; next <= row + last; next += 1) {
          if (labels[next] !== -1 || (own[next] as number) < minAlpha) continue;
          labels[next] = label;
          queue[end++] = next;
        }
      }
    }
    return end;
  }
}
