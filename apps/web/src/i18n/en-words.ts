import { EN_CARD } from './en-card.js';
import { EN_EDITOR } from './en-editor.js';
import { EN_LIST } from './en-list.js';
import { EN_LOOK } from './en-look.js';
import { EN_PAGE } from './en-page.js';
import { EN_PROBLEMS } from './en-problems.js';
import { EN_RECEIPT } from './en-receipt.js';

/** All texts of the page in English. The other languages have the same keys. */
export const EN = {
  ...EN_PAGE,
  ...EN_PROBLEMS,
  ...EN_LIST,
  ...EN_CARD,
  ...EN_LOOK,
  ...EN_EDITOR,
  ...EN_RECEIPT,
} as const;

/** Key of a text of the page. */
export type TextKey = keyof typeof EN;
