import { element } from '../dom-element.js';
import { radio } from '../form-controls.js';
import type { TextKey } from '../i18n/en-words.js';
import { clearText, label, setText } from '../i18n/page-words.js';
import { parseColor, RecentColors } from './color-code.js';

/** Own colors are offered in all panels of the page. */
const recent = new RecentColors();

let fieldCount = 0;

/** An input for a color, which opens the picker of the browser. */
export function colorInput(
  title: TextKey,
  value: string,
  onColor: (color: string, isLive: boolean) => void,
): HTMLInputElement {
  const input = element('input', {
    className: 'swatch own',
    label: [title],
    attributes: { type: 'color', value },
  });
  input.addEventListener('input', () => onColor(input.value, true));
  input.addEventListener('change', () => onColor(input.value, false));
  return input;
}

/** Own colors: a picker, a field for the code of a color, and the colors used before. */
export class ColorField {
  readonly picker: HTMLInputElement;
  readonly code: HTMLInputElement;
  /** The colors used before, and what is wrong with a code. */
  readonly below: HTMLElement[];
  private readonly used = element('div', { className: 'recent' });
  private readonly wrong = element('p', {
    className: 'hint wrong',
    attributes: { id: `color-hint-${++fieldCount}`, role: 'status' },
  });
  private shown: readonly string[] = [];

  constructor(
    private readonly group: string,
    private readonly onColor: (color: string, isLive: boolean) => void,
  ) {
    this.picker = colorInput('back.own', '#ffd9a0', (color, isLive) => this.pick(color, isLive));
    this.code = element('input', {
      className: 'code',
      label: ['back.hex'],
      attributes: {
        type: 'text',
        maxlength: '7',
        placeholder: '#1a6b4f',
        autocomplete: 'off',
        autocapitalize: 'off',
        spellcheck: 'false',
        dir: 'ltr',
        'aria-describedby': this.wrong.id,
      },
    });
    this.code.addEventListener('input', () => this.read(true));
    this.code.addEventListener('change', () => this.read(false));
    this.below = [this.used, this.wrong];
  }

  /** Shows a color, or none. @param isOwn the color is not one of the palette */
  show(color: string | undefined, isOwn: boolean): void {
    this.picker.classList.toggle('chosen', isOwn);
    if (color !== undefined) this.picker.value = color;
    // The field that is being typed into stays as it is.
    if (document.activeElement !== this.code) {
      this.code.value = color ?? '';
      this.showWrong(false);
    }
    if (this.shown === recent.all) return;
    this.shown = recent.all;
    this.used.replaceChildren(...this.shown.map((one) => this.swatchOf(one)));
  }

  private swatchOf(color: string): HTMLElement {
    const swatch = element('span', { className: 'swatch' });
    swatch.style.setProperty('background', color);
    const choice = radio(this.group, color, swatch, () => this.onColor(color, false));
    const [input] = choice.getElementsByTagName('input');
    if (input !== undefined) label(input, 'back.recent', { color });
    return choice;
  }

  private pick(color: string, isLive: boolean): void {
    if (!isLive) recent.add(color);
    this.onColor(color, isLive);
  }

  private read(isLive: boolean): void {
    const color = parseColor(this.code.value);
    if (color !== undefined) this.pick(color, isLive);
    this.showWrong(!isLive && color === undefined && this.code.value !== '');
  }

  private showWrong(isWrong: boolean): void {
    this.code.setAttribute('aria-invalid', String(isWrong));
    if (isWrong) setText(this.wrong, 'back.hex.wrong');
    else clearText(this.wrong);
  }
}
