import type { Edit, Look, SavedFormat, Stroke } from './edit.js';
import type { Rect, Size } from './frame-geometry.js';

/** The part of a picture that the editor shows. Lengths in device pixels. */
export interface View extends Size {
  /** Device pixels per picture pixel. */
  scale: number;
  /** Position of the picture's upper left corner. */
  x: number;
  y: number;
  /** Device pixels per CSS pixel. */
  ratio: number;
  /** Part of the picture that shows the photo, from the left: 0 to 1. */
  split: number;
  /** Colors of the checkerboard. */
  checks: readonly [string, string];
  /** Color over the part that a crop removes. */
  veil: string;
}

/** A photo and its cutout. */
export interface Pair {
  photo: Blob;
  cutout: Blob;
}

/** Requests to the worker by name: what is sent and what comes back. */
export interface PixelWork {
  /** Size and small copy of a photo. */
  measure: { send: { photo: Blob }; back: Size & { small: Blob } };
  /**
   * Small copies of a photo and its edited cutout, cropped alike. The size is that of the saved image. The worker keeps the
   * decoded pair under its key for the next request.
   */
  renderPreview: {
    send: Pair & { edit: Edit; key?: string };
    back: Size & { before: Blob; after: Blob };
  };
  /** The edited cutout at full size. */
  render: { send: Pair & { edit: Edit }; back: Size & { image: Blob; format: SavedFormat } };
  /** CRC-32 of an image file, for an archive. */
  checksum: { send: { image: Blob }; back: { crc: number } };
  /** Opens a picture on a canvas for the editor. Returns its size, and the canvas of the result in its pixels. */
  open: { send: Pair & { edit: Edit; canvas: OffscreenCanvas; view: View }; back: Size & { kept: Rect } };
  /** Applies strokes and look to the open picture. Returns the canvas of the result, in pixels of the picture. */
  apply: { send: { strokes: readonly Stroke[]; look: Look }; back: Rect };
}

/** Name of a request. */
export type WorkName = keyof PixelWork;

/** Messages to the worker without an answer. */
export type PixelNotification =
  { note: 'view'; view: View } | { note: 'extend'; id: number; segment: Omit<Stroke, 'id'> };

/** A request as sent. */
export type PixelRequest = {
  [N in WorkName]: { name: N; id: number; data: PixelWork[N]['send'] };
}[WorkName];

/** Why a request failed. */
export type PixelFault = 'unreadable' | 'too-large';

/** An answer. */
export type PixelAnswer = { id: number } & ({ back: PixelWork[WorkName]['back'] } | { fault: PixelFault });
