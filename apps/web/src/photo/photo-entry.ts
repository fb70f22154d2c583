import { NO_EDIT, type Edit, type Look } from '../pixels/edit.js';
import { isInProgress, type Cutout, type PhotoState } from './photo-state.js';
import type { PhotoCard } from './photo-card.js';

/** One photo of this tab with its state and edits. Exists in memory only. */
export interface PhotoEntry {
  /** The file to send; for a HEIC photo, the converted JPEG. */
  photo: File;
  /** Its folder in the selection, without the file name; empty for a single photo. */
  readonly folder: string;
  /** A sample of the page: not one of the user's photos. */
  readonly isSample: boolean;
  readonly card: PhotoCard;
  state: PhotoState;
  edit: Edit;
  /** True while the result has not been downloaded. */
  isUnsaved: boolean;
  controller: AbortController;
}

/** A photo that is done. */
export type DoneEntry = PhotoEntry & { state: { phase: 'done'; cutout: Cutout } };

/** True if there is a result. */
export const isDone = (entry: PhotoEntry): entry is DoneEntry => entry.state.phase === 'done';

/** True if closing the tab would lose a result or work in progress. A sample is no loss. */
export const isUnsavedOrInProgress = ({ isSample, isUnsaved, state }: PhotoEntry): boolean =>
  !isSample && (isUnsaved || isInProgress(state));

/** The initial edit of a new photo: only the look that was applied to all. */
export const editOf = (look: Look | undefined): Edit => (look === undefined ? NO_EDIT : { ...NO_EDIT, look });

/** File name of a cutout without its extension. The service never learns the name of the photo. */
export const cutoutStem = (photoName: string): string =>
  `${photoName.replace(/\.[^.]{1,5}$/, '') || 'photo'}-cutout`;

/** File name of a cutout. */
export const cutoutName = (photoName: string, format: string): string => `${cutoutStem(photoName)}.${format}`;
