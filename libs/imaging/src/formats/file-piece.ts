/** A piece of a file: a range to keep, or bytes to insert. */
export type Piece = { from: number; to: number } | Buffer;

/**
 * Joins the pieces of a file in place and returns the new length. Pieces are in file order, and inserted bytes are
 * never longer than what they replace, so that pieces not yet moved stay intact.
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
