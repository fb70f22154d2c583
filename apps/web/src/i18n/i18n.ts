import { EN, type TextKey } from './en-words.js';
import {
  bytesText,
  clockText,
  durationText,
  momentText,
  numberText,
  type Language,
} from './quantity-text.js';
import type { Message } from './message.js';

/** A value in a text, formatted for the language. */
export type Param =
  | string
  | number
  | { clock: Date }
  | { moment: Date }
  | { bytes: number }
  | { ms: number }
  | { place: number }
  | { say: TextKey };

/** Values of a text by name. `count` also selects the plural form. */
export type Params = Readonly<Record<string, Param>>;

/** All texts of a language. */
export type Catalog = Readonly<Record<TextKey, Message>>;

/** Texts by language. English is always there, others after `loadLanguage`. */
const catalogs = new Map<Language, Catalog>([['en', EN]]);

/** Loads the texts of a language, unless they are there. @throws Error if they cannot be loaded */
export async function loadLanguage(language: Language): Promise<void> {
  if (!catalogs.has(language)) catalogs.set(language, (await import('./bn-words.js')).BN);
}

const catalogOf = (language: Language): Catalog => catalogs.get(language) ?? EN;

const categoryOf = (language: Language, value: number, type: Intl.PluralRuleType): Intl.LDMLPluralRule =>
  new Intl.PluralRules(language, { type }).select(value);

function pluralForm(message: Message, category: Intl.LDMLPluralRule): string {
  return typeof message === 'string' ? message : (message[category] ?? message.other);
}

function formatted(language: Language, param: Param): string {
  if (typeof param === 'string') return param;
  if (typeof param === 'number') return numberText(language, param);
  if ('clock' in param) return clockText(language, param.clock);
  if ('moment' in param) return momentText(language, param.moment);
  if ('bytes' in param) return bytesText(language, param.bytes);
  if ('ms' in param) return durationText(language, param.ms);
  if ('say' in param) return translate(language, param.say);
  const ordinal = pluralForm(catalogOf(language).ordinal, categoryOf(language, param.place, 'ordinal'));
  return ordinal.replace('{n}', numberText(language, param.place));
}

/** Translates a text and fills in its values. */
export function translate(language: Language, key: TextKey, params: Params = {}): string {
  const { count } = params;
  const category = typeof count === 'number' ? categoryOf(language, count, 'cardinal') : 'other';
  return pluralForm(catalogOf(language)[key], category).replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const param = params[name];
    return param === undefined ? whole : formatted(language, param);
  });
}
