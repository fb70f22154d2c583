import { wipe } from '#vault/wipe.js';
import { BoxMean } from './box.mean.js';
import type { Size } from './pixel.rect.js';

/** Planes of one grid, one float a cell, lent and taken back while edges are prepared, and all wiped at the end. */
export class GridScratch {
  readonly cells: number;
  readonly #box: BoxMean;
  readonly #all = new Set<Float32Array>();
  readonly #free: Float32Array[] = [];

  constructor(size: Size) {
    this.cells = size.width * size.height;
    this.#box = new BoxMean(size);
  }

  /** A plane to write on; what it holds is left from before. */
  lend(): Float32Array {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    return this.make(1);
  }

  /** A new array of zeros with `channels` floats a cell. */
  make(channels: number): Float32Array {
    const made = new Float32Array(this.cells * channels);
    this.#all.add(made);
    return made;
  }

  /** A lent plane with the box means of `source`. */
  mean(source: Float32Array, radius: number): Float32Array {
    const plane = this.lend();
    this.#box.apply(plane, source, radius);
    return plane;
  }

  /** A lent plane with the box means of the cells' products. */
  meanOfProduct(a: Float32Array, b: Float32Array, radius: number): Float32Array {
    const plane = this.lend();
    for (let i = 0; i < plane.length; i += 1) plane[i] = (a[i] as number) * (b[i] as number);
    this.#box.apply(plane, plane, radius);
    return plane;
  }

  /** Takes planes back, to be lent again. */
  takeBack(...planes: Float32Array[]): void {
    this.#free.push(...planes);
  }

  /** Hands arrays over: from now on they are the caller's to wipe. */
  keep(...made: (Float32Array | undefined)[]): void {
    for (const each of made) if (each !== undefined) this.#all.delete(each);
  }

  /** Overwrites every plane ever lent and every array made, but for those handed over. */
  wipe(): void {
    wipe(...this.#all);
    this.#box.wipe();
  }
}
