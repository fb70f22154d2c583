import { button, element } from '../dom-element.js';
import { label, tooltip } from '../i18n/page-words.js';
import { SHORTCUTS } from './card-keys.js';
import { bindSplit } from './split-control.js';

/** A press of this length or longer is a hold: its end shows the result again. A shorter one toggles. */
const HOLD_MS = 300;

/** Shows the original in place of the result: a button to hold or to toggle, and a slider between both. */
export class CompareControl {
  readonly button: HTMLButtonElement;
  readonly slider = element('input', {
    className: 'compare-slider',
    attributes: { type: 'range', min: '0', max: '100' },
  });

  /** @param stage element that shows the original if `data-original` is set, and `--split` of it otherwise */
  constructor(
    private readonly stage: HTMLElement,
    name: string,
  ) {
    const facts = {
      say: 'compare',
      icon: 'square-split-horizontal',
      className: 'button quiet action',
    } as const;
    this.button = button(facts, () => undefined);
    label(this.button, 'compare.of', { name });
    tooltip(this.button, 'tip.compare');
    this.button.setAttribute('aria-keyshortcuts', SHORTCUTS.compare);
    label(this.slider, 'split.of', { name });
    this.slider.value = '0';
    bindSplit(stage, this.slider);
    this.bindHold();
    this.show(false);
  }

  /** Shows the original, or the result again. */
  toggle(): void {
    this.show(!this.isOriginal);
  }

  /** Shows the result alone. */
  reset(): void {
    this.show(false);
    this.slider.value = '0';
    this.slider.dispatchEvent(new Event('input'));
  }

  private show(isOriginal: boolean): void {
    if (isOriginal) this.stage.dataset['original'] = '';
    else delete this.stage.dataset['original'];
    this.button.setAttribute('aria-pressed', String(isOriginal));
  }

  private get isOriginal(): boolean {
    return this.stage.dataset['original'] !== undefined;
  }

  /** A press of the button shows the original at once. The end of a long one shows the result, that of a short one toggles. */
  private bindHold(): void {
    let wasOriginal = false;
    let startMs = 0;
    let isHeld = false;
    this.button.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      [wasOriginal, startMs, isHeld] = [this.isOriginal, event.timeStamp, false];
      this.button.setPointerCapture(event.pointerId);
      this.show(true);
    });
    const end = ({ timeStamp }: PointerEvent): void => {
      isHeld = timeStamp - startMs >= HOLD_MS;
      this.show(!isHeld && wasOriginal);
    };
    this.button.addEventListener('pointerup', end);
    this.button.addEventListener('pointercancel', end);
    // The click follows the end of a press, and comes alone from a keyboard.
    this.button.addEventListener('click', () => {
      if (!isHeld) this.toggle();
      isHeld = false;
    });
    // A long press on a touch screen opens no menu here.
    this.button.addEventListener('contextmenu', (event) => event.preventDefault());
  }
}
