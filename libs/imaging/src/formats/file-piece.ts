/** A piece of a file: a range to keep, or bytes to put in its place. */
export type Piece = { from: number; to: number } | Buffer;

/**
 * Moves the pieces of a file that are kept together, in place, and returns the new length. Pieces come in the order of
 * the file, and replacements are never longer than what they replace, so that what has not been taken yet stays where it
 * is.
 */
export function compact(file: Buffer, pieces: Iterable<Piece>): number {
  let end = 0;
  for (const piece of pieces) {
    if (Buffer.isBuffer(piece)) end += piece.copy(file, end);
    else {
      if (piece.from !== end) file.copyWithin(end, piece.from, piece.to);
      end += piece.to - piece.from;
    }
  }
  return end;
}
