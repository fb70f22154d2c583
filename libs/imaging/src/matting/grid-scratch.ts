import { wipe } from '#crypto/wipe.js';
import { BoxMean } from './box-mean.js';
import type { Size } from '../raster/pixel-rect.js';

/** Planes of one size, one float a cell, lent and taken back while edges are prepared, and all wiped at the end. */
export class GridScratch {
  readonly cells: number;
  readonly #box: BoxMean;
  readonly #all: Float32Array[] = [];
  readonly #free: Float32Array[] = [];

  constructor(readonly size: Size) {
    this.cells = size.width * size.height;
    this.#box = new BoxMean(size);
  }

  /** A plane to write on; what it holds is left from before. */
  lend(): Float32Array {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const made = new Float32Array(this.cells);
    this.#all.push(made);
    return made;
  }

  /** A lent plane with the box means of `source`. */
  mean(source: Float32Array, radius: number): Float32Array {
    const plane = this.lend();
    this.#box.apply(plane, source, radius);
    return plane;
  }

  /** Takes planes back, to be lent again. */
  takeBack(...planes: Float32Array[]): void {
    this.#free.push(...planes);
  }

  /** Overwrites every plane ever lent. */
  wipe(): void {
    wipe(...this.#all);
    this.#box.wipe();
  }
}
