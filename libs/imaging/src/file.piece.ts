/** A piece of a file: a range to keep, or bytes to put in its place. */
export type Piece = { from: number; to: number } | Buffer;
