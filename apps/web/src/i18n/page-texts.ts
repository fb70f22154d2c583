import { BN_PRIVACY } from './bn-privacy.js';
import { EN_PRIVACY } from './en-privacy.js';
import type { TextKey } from './en-words.js';
import { LANGUAGES, type Language } from './quantity-text.js';
import { loadLanguage, translate } from './i18n.js';

const PRIVACY: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  en: EN_PRIVACY,
  bn: BN_PRIVACY,
};

/** Languages that pages are built in. */
export { LANGUAGES };

for (const language of LANGUAGES) await loadLanguage(language);

/** A text for the HTML. Only the build uses it; scripts use `page-words.ts`. */
export const textOfPage = (language: Language, key: string): string =>
  PRIVACY[language][key] ?? translate(language, key as TextKey);
