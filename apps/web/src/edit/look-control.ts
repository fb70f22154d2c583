import { element } from '../dom-element.js';
import { range } from '../form-controls.js';
import type { TextKey } from '../i18n/en-words.js';
import { setText } from '../i18n/page-words.js';
import type { IconName } from '../icons.js';
import type { Look } from '../pixels/edit.js';

/** Called with each change. `isLive` while a slider or a color is being moved: a final call with the last value follows. */
export type OnLook = (change: Partial<Look>, isLive: boolean) => void;

/** Controls of one part of a look. */
export interface LookControl {
  readonly name: 'background' | 'shadow' | 'crop' | 'format';
  readonly title: TextKey;
  readonly icon: IconName;
  /** The controls without the title. */
  readonly content: HTMLElement;
  /** Shows a look, without a call of `OnLook`. */
  show: (look: Look) => void;
}

/** Limits of a slider, and the text of its value. */
export interface SliderFacts {
  title: TextKey;
  min: number;
  max: number;
  unit: TextKey;
}

/** A slider with its name and its value in one row. */
export class ValueSlider {
  readonly element: HTMLLabelElement;
  private readonly input: HTMLInputElement;
  private readonly value = element('span', { className: 'value', attributes: { 'aria-hidden': 'true' } });

  constructor(
    private readonly facts: SliderFacts,
    onValue: (value: number, isLive: boolean) => void,
  ) {
    this.input = range(facts.min, facts.max, facts.min);
    this.input.addEventListener('input', () => {
      this.showText();
      onValue(this.input.valueAsNumber, true);
    });
    this.input.addEventListener('change', () => onValue(this.input.valueAsNumber, false));
    const name = element('span', { say: facts.title });
    this.element = element('label', { className: 'value-slider' }, [name, this.input, this.value]);
  }

  /** Shows a value; none hides the slider. */
  show(value: number | undefined): void {
    this.element.hidden = value === undefined;
    if (value !== undefined) this.input.value = String(value);
    this.showText();
  }

  private showText(): void {
    setText(this.value, this.facts.unit, { value: this.input.valueAsNumber });
  }
}

/** A name that no other group of radio buttons on the page has. */
export const groupName = (
  (count: number) => (): string =>
    `look-${++count}`
)(0);
