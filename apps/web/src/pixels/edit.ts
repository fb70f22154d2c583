/** A brush stroke, in pixels of the picture. */
export interface Stroke {
  id: number;
  /** `keep` restores the photo, `erase` removes it. */
  mode: 'keep' | 'erase';
  /** Diameter. */
  size: number;
  /** x, y, x, y … */
  points: readonly number[];
}

/** The background behind the subject. */
export type Background = { kind: 'none' } | { kind: 'color'; color: string } | { kind: 'image'; image: Blob };

/** Formats that browsers can encode. */
export type SavedFormat = 'png' | 'webp' | 'jpg';

/** Background, shadow, crop and format of a cutout. */
export interface Look {
  background: Background;
  shadow: boolean;
  crop: boolean;
  format: SavedFormat;
}

/** All edits of a cutout. The cutout itself stays unchanged; edits are applied each time it is rendered. */
export interface Edit {
  strokes: readonly Stroke[];
  look: Look;
}

/** The look of a delivered cutout. */
export const PLAIN_LOOK: Look = { background: { kind: 'none' }, shadow: false, crop: false, format: 'png' };

/** No edits. */
export const NO_EDIT: Edit = { strokes: [], look: PLAIN_LOOK };

/** True if there are no edits: the result is the delivered PNG. */
export const isAsDelivered = ({ strokes, look }: Edit): boolean =>
  strokes.length === 0 &&
  look.background.kind === 'none' &&
  !look.shadow &&
  !look.crop &&
  look.format === 'png';

/** True if `done` is a prefix of `wanted`: only the rest needs to be painted. */
export const isPrefixOf = (done: readonly number[], wanted: readonly number[]): boolean =>
  done.length <= wanted.length && done.every((id, at) => wanted[at] === id);
