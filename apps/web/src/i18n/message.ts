/** A text with `{name}` placeholders; by plural category if it depends on `count`. */
export type Message = string | (Partial<Record<Intl.LDMLPluralRule, string>> & { other: string });
