import { BN_CARD } from './bn-card.js';
import { BN_EDITOR } from './bn-editor.js';
import { BN_LIST } from './bn-list.js';
import { BN_LOOK } from './bn-look.js';
import { BN_PAGE } from './bn-page.js';
import { BN_PROBLEMS } from './bn-problems.js';
import { BN_RECEIPT } from './bn-receipt.js';
import type { TextKey } from './en-words.js';
import type { Message } from './message.js';

/** All texts of the page in Bengali. */
export const BN: Readonly<Record<TextKey, Message>> = {
  ...BN_PAGE,
  ...BN_PROBLEMS,
  ...BN_LIST,
  ...BN_CARD,
  ...BN_LOOK,
  ...BN_EDITOR,
  ...BN_RECEIPT,
};
