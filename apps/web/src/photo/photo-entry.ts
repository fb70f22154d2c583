import { NO_EDIT, type Edit, type Look } from '../pixels/edit.js';
import { isUnderway, type Cutout, type PhotoState } from './photo-state.js';
import type { PhotoCard } from './photo-card.js';

/** One photo of this tab, with all that is known and was changed about it. Lives in memory only. */
export interface PhotoEntry {
  /** As it is sent: of a HEIC photo the JPEG that was made of it. */
  photo: File;
  /** Where it lay in the folder it came with, without its name; empty for a photo on its own. */
  readonly folder: string;
  readonly card: PhotoCard;
  state: PhotoState;
  edit: Edit;
  /** True while this page holds a result that nobody saved. */
  isUnsaved: boolean;
  leave: AbortController;
}

/** A photo that is done. */
export type DoneEntry = PhotoEntry & { state: { phase: 'done'; cutout: Cutout } };

/** True when there is a result to show and save. */
export const isDone = (entry: PhotoEntry): entry is DoneEntry => entry.state.phase === 'done';

/** True when closing the tab would lose something. */
export const isAtStake = ({ isUnsaved, state }: PhotoEntry): boolean => isUnsaved || isUnderway(state);

/** What is changed about a new photo: nothing but the look that was chosen for all. */
export const editOf = (look: Look | undefined): Edit => (look === undefined ? NO_EDIT : { ...NO_EDIT, look });

const stemOf = (name: string): string => name.replace(/\.[^.]{1,5}$/, '') || 'photo';

/** File name of a cut-out: made here from a name the service never gets to know. */
export const cutoutName = (photoName: string, format: string): string =>
  `${stemOf(photoName)}-cutout.${format}`;
