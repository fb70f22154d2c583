import { element } from '../dom-element.js';
import { choice, mark, radio } from '../form-controls.js';
import { FRAMES, type FrameName, type Look } from '../pixels/edit.js';
import { PLAIN_LOOK } from '../pixels/edit.js';
import { groupName, ValueSlider, type LookControl, type OnLook } from './look-control.js';

const MAX_MARGIN = 30;

const hasMargin = (frame: FrameName): boolean => frame !== 'original' && frame !== 'passport';

/** Controls of the canvas: its ratio, drawn as a small shape, and the margin around the subject. */
export class CropControl implements LookControl {
  readonly name = 'crop';
  readonly title = 'crop';
  readonly icon = 'crop';
  readonly content: HTMLElement;
  private readonly group = groupName();
  private readonly margin: ValueSlider;
  private readonly hint = element('p', { className: 'hint', say: 'frame.passport.hint' });
  private crop = PLAIN_LOOK.crop;

  constructor(onLook: OnLook) {
    const frames = FRAMES.map((frame) => {
      const shape = element('span', { className: 'shape', attributes: { 'data-frame': frame } });
      const chip = element('span', { className: 'chip' }, [
        shape,
        element('span', { say: `frame.${frame}` }),
      ]);
      return radio(this.group, frame, chip, () => onLook({ crop: { ...this.crop, frame } }, false));
    });
    this.margin = new ValueSlider(
      { title: 'margin', min: 0, max: MAX_MARGIN, unit: 'value.percent' },
      (margin, isLive) => onLook({ crop: { ...this.crop, margin } }, isLive),
    );
    this.content = element('div', { className: 'controls' }, [
      choice('chips', 'crop', frames),
      this.margin.element,
      this.hint,
    ]);
  }

  show({ crop }: Look): void {
    this.crop = crop;
    mark(this.content, this.group, crop.frame);
    this.margin.show(hasMargin(crop.frame) ? crop.margin : undefined);
    this.hint.hidden = crop.frame !== 'passport';
  }
}
