import type { KeyFacts } from '../edit/stage-keys.js';

/** The command of a key on a card. */
export type CardCommand =
  | 'open'
  | 'download'
  | 'copy'
  | 'share'
  | 'edit'
  | 'compare'
  | 'remove'
  | 'zoom-in'
  | 'zoom-out'
  | 'zoom-fit';

/** Keys with digits in both scripts. Letters are those of the tooltips. */
const KEYS: Readonly<Record<string, CardCommand>> = {
  d: 'download',
  c: 'copy',
  s: 'share',
  e: 'edit',
  o: 'compare',
  delete: 'remove',
  backspace: 'remove',
  '+': 'zoom-in',
  '=': 'zoom-in',
  '-': 'zoom-out',
  '0': 'zoom-fit',
  '০': 'zoom-fit',
};

/** The keys as `aria-keyshortcuts` names them. */
export const SHORTCUTS = {
  download: 'D',
  copy: 'C',
  share: 'S',
  edit: 'E',
  compare: 'O',
  remove: 'Delete',
} as const;

/** Where the focus is in a card. */
export interface CardFocus {
  /** True on the picture, which Enter and Space open. */
  isOnPicture: boolean;
  /** True on a control that takes characters itself. */
  isOnField: boolean;
}

/** The command of a key; undefined if the card does not use it. */
export function cardCommand(
  { key, ctrlKey, metaKey }: KeyFacts,
  { isOnPicture, isOnField }: CardFocus,
): CardCommand | undefined {
  if (isOnField) return undefined;
  const name = key.toLowerCase();
  if (ctrlKey || metaKey) return name === 'c' && isOnPicture ? 'copy' : undefined;
  if (isOnPicture && (name === 'enter' || name === ' ')) return 'open';
  return KEYS[name];
}
