/** A brush stroke, in pixels of the picture. */
export interface Stroke {
  id: number;
  /** `keep` restores the photo, `erase` removes it. */
  mode: 'keep' | 'erase';
  /** Diameter. */
  size: number;
  /** x, y, x, y … */
  points: readonly number[];
  /** True if its border becomes the edge that the photo has there. */
  isRefined?: boolean;
}

/** A linear gradient. Colors as `#rrggbb`; the angle as in CSS: 0 to the top, 90 to the right, in degrees. */
export interface Gradient {
  colors: readonly [string, string];
  angle: number;
}

/** The background behind the subject. Colors as `#rrggbb`. */
export type Background =
  | { kind: 'none' }
  | { kind: 'color'; color: string }
  | ({ kind: 'gradient' } & Gradient)
  /** The photo without its subject, blurred. `strength` from 1 to 100. */
  | { kind: 'blur'; strength: number }
  /** A picture that covers the canvas. The same id is the same picture: a worker receives a copy of the blob each time. */
  | { kind: 'image'; image: Blob; id: number };

/** Kinds of shadows: diffuse below the subject; cast to the lower right; a dark core where the subject stands. */
export const SHADOWS = ['soft', 'drop', 'contact'] as const;

/** The shadow of the subject. `strength` from 1 to 100. */
export interface Shadow {
  kind: 'none' | (typeof SHADOWS)[number];
  strength: number;
}

/** Canvases of a result: as the photo, the box of the subject, a ratio of width to height, or 35 × 45 mm for passports. */
export const FRAMES = ['original', 'subject', '1:1', '4:5', '3:4', '16:9', '9:16', 'passport'] as const;

/** Name of a canvas. */
export type FrameName = (typeof FRAMES)[number];

/** The canvas of a result. */
export interface Crop {
  frame: FrameName;
  /** Space around the subject, in percent of its longer side: 0 to 30. `original` and `passport` have none. */
  margin: number;
}

/** Formats that browsers can encode. */
export type SavedFormat = 'png' | 'webp' | 'jpg';

/** Background, shadow, crop and format of a cutout. */
export interface Look {
  background: Background;
  shadow: Shadow;
  crop: Crop;
  format: SavedFormat;
  /** Quality of WebP and JPEG, in percent. */
  quality: number;
}

/** All edits of a cutout. The cutout itself stays unchanged; edits are applied each time it is rendered. */
export interface Edit {
  strokes: readonly Stroke[];
  look: Look;
}

/** The look of a delivered cutout. */
export const PLAIN_LOOK: Look = {
  background: { kind: 'none' },
  shadow: { kind: 'none', strength: 60 },
  crop: { frame: 'original', margin: 5 },
  format: 'png',
  quality: 92,
};

/** No edits. */
export const NO_EDIT: Edit = { strokes: [], look: PLAIN_LOOK };

/** True if there are no edits: the result is the delivered PNG. */
export const isAsDelivered = ({ strokes, look }: Edit): boolean =>
  strokes.length === 0 &&
  look.background.kind === 'none' &&
  look.shadow.kind === 'none' &&
  look.crop.frame === 'original' &&
  look.format === 'png';

/** True if `done` is a prefix of `wanted`: only the rest needs to be painted. */
export const isPrefixOf = (done: readonly number[], wanted: readonly number[]): boolean =>
  done.length <= wanted.length && done.every((id, at) => wanted[at] === id);
