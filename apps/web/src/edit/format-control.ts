import { element } from '../dom-element.js';
import { choice, mark, radio } from '../form-controls.js';
import type { Look, SavedFormat } from '../pixels/edit.js';
import { groupName, ValueSlider, type LookControl, type OnLook } from './look-control.js';

/** Names of the formats, which are the same in all languages. */
const FORMATS: readonly (readonly [SavedFormat, string])[] = [
  ['png', 'PNG'],
  ['webp', 'WebP'],
  ['jpg', 'JPEG'],
];
const MIN_QUALITY = 50;

/** Controls of the file: its format and the quality of lossy ones. */
export class FormatControl implements LookControl {
  readonly name = 'format';
  readonly title = 'format';
  readonly icon = 'file-image';
  readonly content: HTMLElement;
  private readonly group = groupName();
  private readonly quality: ValueSlider;
  private readonly hint = element('p', { className: 'hint', say: 'format.jpg.white' });

  constructor(onLook: OnLook) {
    const formats = FORMATS.map(([format, text]) =>
      radio(this.group, format, element('span', { text }), () => onLook({ format }, false)),
    );
    this.quality = new ValueSlider(
      { title: 'quality', min: MIN_QUALITY, max: 100, unit: 'value.percent' },
      (quality, isLive) => onLook({ quality }, isLive),
    );
    this.content = element('div', { className: 'controls' }, [
      choice('switch', 'format', formats),
      this.quality.element,
      this.hint,
    ]);
  }

  show({ format, quality, background }: Look): void {
    mark(this.content, this.group, format);
    this.quality.show(format === 'png' ? undefined : quality);
    this.hint.hidden = format !== 'jpg' || background.kind !== 'none';
  }
}
