import { element } from '../dom-element.js';
import { choice, mark, radio } from '../form-controls.js';
import { PLAIN_LOOK, SHADOWS, type Look } from '../pixels/edit.js';
import { groupName, ValueSlider, type LookControl, type OnLook } from './look-control.js';

/** Controls of the shadow: its kind and its strength. */
export class ShadowControl implements LookControl {
  readonly name = 'shadow';
  readonly title = 'shadow';
  readonly icon = 'sun-dim';
  readonly content: HTMLElement;
  private readonly group = groupName();
  private readonly strength: ValueSlider;
  private shadow = PLAIN_LOOK.shadow;

  constructor(onLook: OnLook) {
    const kinds = (['none', ...SHADOWS] as const).map((kind) =>
      radio(this.group, kind, element('span', { say: `shadow.${kind}` }), () =>
        onLook({ shadow: { ...this.shadow, kind } }, false),
      ),
    );
    this.strength = new ValueSlider(
      { title: 'shadow.strength', min: 1, max: 100, unit: 'value.percent' },
      (strength, isLive) => onLook({ shadow: { ...this.shadow, strength } }, isLive),
    );
    this.content = element('div', { className: 'controls' }, [
      choice('switch', 'shadow', kinds),
      this.strength.element,
    ]);
  }

  show({ shadow }: Look): void {
    this.shadow = shadow;
    mark(this.content, this.group, shadow.kind);
    this.strength.show(shadow.kind === 'none' ? undefined : shadow.strength);
  }
}
