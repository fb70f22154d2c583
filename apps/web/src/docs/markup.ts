import { icon, type IconName } from '../icons.js';

interface Facts {
  className?: string;
  text?: string;
  attributes?: Record<string, string>;
}

/** Creates an element. Text is never parsed as markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  { className, text, attributes = {} }: Facts = {},
  children: (Node | string)[] = [],
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className !== undefined) made.className = className;
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Shows an icon in a button instead of the one that it has. */
export function setIcon(button: HTMLElement, name: IconName): void {
  button.querySelector('.icon')?.remove();
  button.prepend(icon(name));
}
