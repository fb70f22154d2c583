import { element } from './dom-element.js';
import type { TextKey } from './i18n/en-words.js';

/** A group of native radio buttons, which support arrow keys and screen readers. */
export function choice(name: string, title: TextKey, options: HTMLElement[]): HTMLFieldSetElement {
  const legend = element('legend', { say: title });
  return element('fieldset', { className: name }, [
    legend,
    element('div', { className: 'options' }, options),
  ]);
}

/** One radio button of a group. `onPick` is called when it is chosen. */
export function radio(
  name: string,
  value: string,
  content: HTMLElement,
  onPick: () => void,
): HTMLLabelElement {
  const input = element('input', { attributes: { type: 'radio', name, value } });
  input.addEventListener('change', () => input.checked && onPick());
  return element('label', {}, [input, content]);
}

/** Checks the radio button of a group that has this value, without a call of `onPick`. */
export function mark(within: HTMLElement, name: string, value: string): void {
  for (const input of within.querySelectorAll<HTMLInputElement>(`input[name="${name}"]`))
    input.checked = input.value === value;
}

/** A slider. */
export const range = (min: number, max: number, value: number): HTMLInputElement =>
  element('input', {
    attributes: { type: 'range', min: String(min), max: String(max), value: String(value) },
  });

/** A checkbox with its name beside it. */
export function toggle(
  title: TextKey,
  onChange: (isOn: boolean) => void,
): [HTMLLabelElement, HTMLInputElement] {
  const input = element('input', { attributes: { type: 'checkbox' } });
  input.addEventListener('change', () => onChange(input.checked));
  return [element('label', { className: 'toggle' }, [input, element('span', { say: title })]), input];
}
