import { wipe } from '#crypto/wipe.js';
import { VISIBLE_FROM } from './own-alpha.js';
import { photoParts } from './photo-parts.js';
import type { Mask } from '../raster/raster-shape.js';

/** Alpha from which neighboring cells belong to one part: below, soft shadows would join what they touch. */
const SOLID_FROM = 128;
/** A part of which the mask takes this much is subject, */
const SUBJECT_FROM = 0.9;
/** and one of which it takes no more than this was not seen by the network. */
const UNSEEN_TO = 0.1;

/**
 * Decides where an image that was cut out before keeps its own alpha. Its parts, pixels that hang together, are
 * judged one by one. A part that the network takes nearly whole is subject, and one that it takes nearly nothing of
 * was not seen by it: both keep their alpha, and so does what is drawn or small (`photoParts`), which networks of
 * photos split at random. Only a part of a photo that the network splits has a background of its own (a loose
 * selection, a round portrait), and is left to the mask. Soft edges go with the part that they surround.
 * @param own the image's alpha, on the mask's grid
 * @param guideOf its colors there, three bytes a cell, flattened as the network saw them; asked for when they matter
 * @returns 1 for each cell that keeps its alpha, 0 where the mask decides; the caller's to wipe, as it shows shapes
 */
export function keptCells(own: Uint8Array, mask: Mask, guideOf: () => Uint8Array): Uint8Array {
  const parts = new AlphaParts(own, mask);
  try {
    parts.find(SOLID_FROM);
    // Of parts that are soft all over, such as a shadow that stands alone, none is split into photo and background.
    let kept: readonly boolean[] = parts.shares.map((share) => share >= SUBJECT_FROM || share <= UNSEEN_TO);
    if (!kept.every(Boolean)) {
      const isPhoto = photoParts(parts.labels, { own, guide: guideOf(), mask });
      kept = kept.map((isKept, label) => isKept || !isPhoto.has(label));
    }
    if (kept.every(Boolean)) return new Uint8Array(own.length).fill(1);
    parts.grow(VISIBLE_FROM, kept);
    parts.find(VISIBLE_FROM);
    kept = parts.shares.map((_, label) => kept[label] ?? true);
    parts.grow(0, kept);
    return keptOf(parts.labels, kept);
  } finally {
    parts.wipe();
  }
}

function keptOf(labels: Int32Array, kept: readonly boolean[]): Uint8Array {
  const cells = new Uint8Array(labels.length);
  for (let cell = 0; cell < cells.length; cell += 1) cells[cell] = kept[labels[cell] as number] ? 1 : 0;
  return cells;
}

/** Cells of a grid that hang together, beside each other or across. */
class AlphaParts {
  /** The part of each cell, counted from 0; -1 for none. */
  readonly labels: Int32Array;
  /** Share of each part that the mask takes, 0 to 1. */
  readonly shares: number[] = [];
  readonly #own: Uint8Array;
  readonly #mask: Mask;
  readonly #queue: Int32Array;

  constructor(own: Uint8Array, mask: Mask) {
    this.#own = own;
    this.#mask = mask;
    this.labels = new Int32Array(own.length).fill(-1);
    this.#queue = new Int32Array(own.length);
  }

  /** Adds the parts made of cells that belong to none yet, and have at least this alpha. */
  find(minAlpha: number): void {
    const { data } = this.#mask;
    for (let cell = 0; cell < this.labels.length; cell += 1) {
      if (this.labels[cell] !== -1 || (this.#own[cell] as number) < minAlpha) continue;
      const label = this.shares.length;
      this.labels[cell] = label;
      this.#queue[0] = cell;
      const count = this.#spread(1, minAlpha);
      let taken = 0;
      for (let i = 0; i < count; i += 1) taken += data[this.#queue[i] as number] as number;
      this.shares.push(taken / (255 * count));
    }
  }

  /** Gives cells of at least this alpha to the part that is the fewest steps away; of equals to a kept one. */
  grow(minAlpha: number, kept: readonly boolean[]): void {
    let count = 0;
    for (const turn of [true, false]) {
      for (let cell = 0; cell < this.labels.length; cell += 1) {
        const label = this.labels[cell] as number;
        if (label !== -1 && kept[label] === turn) this.#queue[count++] = cell;
      }
    }
    this.#spread(count, minAlpha);
  }

  /** Overwrites what it has worked on. */
  wipe(): void {
    wipe(this.labels, this.#queue);
  }

  /** Spreads labels from the first `count` cells of the queue. Returns how many are in it then. */
  #spread(count: number, minAlpha: number): number {
    const [labels, own, queue] = [this.labels, this.#own, this.#queue];
    const { width, height } = this.#mask;
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
