/** One stroke of the brush over a picture, in pixels of that picture. */
export interface Stroke {
  id: number;
  /** `keep` brings the photo back, `erase` takes it away. */
  mode: 'keep' | 'erase';
  /** Diameter. */
  size: number;
  /** x, y, x, y … */
  points: readonly number[];
}

/** What stands behind the subject. */
export type Background =
  { kind: 'none' } | { kind: 'colour'; colour: string } | { kind: 'image'; image: Blob };

/** Encodings that a browser writes. */
export type SavedFormat = 'png' | 'webp' | 'jpg';

/** How a cut-out is presented. */
export interface Look {
  background: Background;
  shadow: boolean;
  crop: boolean;
  format: SavedFormat;
}

/** All that a person changed about a cut-out. The cut-out itself is never changed: this is done anew each time. */
export interface Edit {
  strokes: readonly Stroke[];
  look: Look;
}

/** As the service delivered it. */
export const PLAIN_LOOK: Look = { background: { kind: 'none' }, shadow: false, crop: false, format: 'png' };

/** Nothing changed. */
export const NO_EDIT: Edit = { strokes: [], look: PLAIN_LOOK };

/** True when the delivered PNG is what is wanted, byte for byte. */
export const isAsDelivered = ({ strokes, look }: Edit): boolean =>
  strokes.length === 0 &&
  look.background.kind === 'none' &&
  !look.shadow &&
  !look.crop &&
  look.format === 'png';

/** True when `done` is how `wanted` begins: then only the rest needs to be painted. */
export const isBeginOf = (done: readonly number[], wanted: readonly number[]): boolean =>
  done.length <= wanted.length && done.every((id, at) => wanted[at] === id);
