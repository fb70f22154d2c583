type Bytes = Uint8Array | Uint16Array | Int32Array | Float32Array | Float64Array;

/**
 * Overwrites buffers with zeros, so that freed memory holds nothing of a user's image. `undefined` is skipped,
 * which lets a `finally` block name buffers that may not exist yet.
 */
export function wipe(...buffers: (Bytes | undefined)[]): void {
  for (const buffer of buffers) buffer?.fill(0);
}
