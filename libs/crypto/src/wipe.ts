type Bytes = Uint8Array | Uint16Array | Int32Array | Float32Array | Float64Array;

/**
 * Overwrites buffers with zeros, so that freed memory has no image data. `undefined` is skipped: a `finally` block may name
 * buffers that do not exist yet.
 */
export function wipe(...buffers: (Bytes | undefined)[]): void {
  for (const buffer of buffers) buffer?.fill(0);
}
