/** A text of the page: with `{name}` where a value goes; by plural category where it depends on `count`. */
export type Message = string | (Partial<Record<Intl.LDMLPluralRule, string>> & { other: string });
