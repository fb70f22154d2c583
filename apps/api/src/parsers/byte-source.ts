/**
 * Bytes that arrive in pieces. A piece may be changed in place, and is valid until `next` is called again: the source
 * wipes it then, or when it is closed.
 */
export interface ByteSource {
  /** The next piece, never empty; undefined at the end. @throws Problem `upload-interrupted` and others */
  next(): Promise<Buffer | undefined>;
  /** Wipes the last piece, and whatever else has arrived. */
  close(): void;
}
