/** Properties an element is made with; text goes in as text, never as markup. */
export interface ElementFacts {
  className?: string;
  text?: string;
  attributes?: Record<string, string>;
}

/** Makes an element with its children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  facts: ElementFacts = {},
  children: Node[] = [],
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (facts.className !== undefined) made.className = facts.className;
  if (facts.text !== undefined) made.textContent = facts.text;
  for (const [name, value] of Object.entries(facts.attributes ?? {})) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Makes a button that is no submit button. */
export function button(text: string, className: string, onPress: () => void): HTMLButtonElement {
  const made = element('button', { className, text, attributes: { type: 'button' } });
  made.addEventListener('click', onPress);
  return made;
}

/**
 * The element of the page with this id.
 *
 * @throws Error when the page and the script do not fit together
 */
export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return found;
}
