import type { Edit, Look, SavedFormat, Stroke } from './edit.js';
import type { Size } from './frame-geometry.js';

/** What the stage of the editor shows of a picture. Lengths in device pixels. */
export interface View extends Size {
  /** Device pixels a pixel of the picture takes. */
  scale: number;
  /** Where the picture's corner is. */
  x: number;
  y: number;
  /** Device pixels a CSS pixel takes. */
  ratio: number;
  /** Part of the picture, from its left edge, over which the photo is shown: 0 to 1. */
  split: number;
  /** Colours of the checkerboard. */
  checks: readonly [string, string];
  /** Colour of the veil over what a crop leaves out. */
  veil: string;
}

/** A photo and what came back for it. */
export interface Pair {
  photo: Blob;
  cutout: Blob;
}

/** Work that is answered: by name, what is sent and what comes back. */
export interface PixelWork {
  /** Size and small copy of a photo. */
  measure: { send: { photo: Blob }; back: Size & { small: Blob } };
  /** Small copies of a photo and its edited cut-out, cropped alike. Size: of what would be saved. */
  renderPreview: { send: Pair & { edit: Edit }; back: Size & { before: Blob; after: Blob } };
  /** The edited cut-out at full size. */
  print: { send: Pair & { edit: Edit }; back: Size & { image: Blob; format: SavedFormat } };
  /** Opens a picture on a canvas for the editor. */
  open: { send: Pair & { edit: Edit; canvas: OffscreenCanvas; view: View }; back: Size };
  /** Has exactly these strokes and this look on the open picture. */
  apply: { send: { strokes: readonly Stroke[]; look: Look }; back: Size };
}

/** Name of a piece of work. */
export type WorkName = keyof PixelWork;

/** What the worker is told without an answer. */
export type PixelNote =
  { note: 'view'; view: View } | { note: 'extend'; id: number; piece: Omit<Stroke, 'id'> };

/** Work as it is sent. */
export type PixelRequest = {
  [N in WorkName]: { name: N; id: number; data: PixelWork[N]['send'] };
}[WorkName];

/** Why work could not be done. */
export type PixelFault = 'unreadable' | 'too-large';

/** An answer. */
export type PixelAnswer = { id: number } & ({ back: PixelWork[WorkName]['back'] } | { fault: PixelFault });
