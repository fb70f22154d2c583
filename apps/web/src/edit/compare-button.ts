import { button } from '../dom-element.js';
import { tooltip } from '../i18n/page-words.js';

/** A press of this length or longer is a hold: its end shows the result again. A shorter one toggles. */
const HOLD_MS = 300;

/** Shows the original in place of the result, while it is held or until the next press. */
export class CompareButton {
  readonly element: HTMLButtonElement;
  private isOriginal = false;

  /** @param onShow called when the original or the result is to be shown */
  constructor(private readonly onShow: (isOriginal: boolean) => void) {
    const facts = {
      say: 'editor.compare',
      icon: 'square-split-horizontal',
      className: 'button quiet',
    } as const;
    this.element = tooltip(
      button(facts, () => undefined),
      'editor.tip.compare',
    );
    this.element.setAttribute('aria-keyshortcuts', 'C');
    this.element.setAttribute('aria-pressed', 'false');
    this.bindPress();
  }

  /** Shows the original, or the result. */
  show(isOriginal: boolean): void {
    if (this.isOriginal === isOriginal) return;
    this.isOriginal = isOriginal;
    this.element.setAttribute('aria-pressed', String(isOriginal));
    this.onShow(isOriginal);
  }

  private bindPress(): void {
    let [wasOriginal, isHeld, startMs] = [false, false, 0];
    this.element.addEventListener('pointerdown', ({ button: pressed, timeStamp, pointerId }) => {
      if (pressed !== 0) return;
      [wasOriginal, isHeld, startMs] = [this.isOriginal, false, timeStamp];
      this.element.setPointerCapture(pointerId);
      this.show(true);
    });
    const end = ({ timeStamp }: PointerEvent): void => {
      isHeld = timeStamp - startMs >= HOLD_MS;
      this.show(!isHeld && wasOriginal);
    };
    for (const name of ['pointerup', 'pointercancel'] as const) this.element.addEventListener(name, end);
    // The click follows the end of a press, and comes alone from a keyboard.
    this.element.addEventListener('click', () => {
      if (!isHeld) this.show(!this.isOriginal);
      isHeld = false;
    });
    // A long press on a touch screen opens no menu here.
    this.element.addEventListener('contextmenu', (event) => event.preventDefault());
  }
}
