import { button, element } from '../dom-element.js';
import { choice, labeled, mark, radio, toggle } from '../form-controls.js';
import type { TextKey } from '../i18n/en-words.js';
import type { Background, Look, SavedFormat } from '../pixels/edit.js';

/** Callbacks of the panel. */
export interface LookActions {
  onLook: (change: Partial<Look>) => void;
  /** Applies the look to all photos. */
  onApplyAll: () => void;
}

const FORMATS: readonly SavedFormat[] = ['png', 'webp', 'jpg'];
const COLORS: readonly (readonly [TextKey, string])[] = [
  ['back.white', '#ffffff'],
  ['back.black', '#111111'],
  ['back.green', '#006a4e'],
  ['back.red', '#f42a41'],
  ['back.sky', '#bfe3f5'],
];

let panelCount = 0;

/**
 * Background, shadow, crop and format of one photo: beside a single result and in the editor. `show` updates the controls; user
 * input calls the actions.
 */
export class LookPanel {
  readonly element: HTMLElement;
  /** Radio buttons of different panels must not exclude each other. */
  private readonly group = `back-${++panelCount}`;
  private readonly own = element('input', {
    className: 'swatch own',
    label: ['back.own'],
    attributes: { type: 'color', value: '#ffd9a0' },
  });
  private readonly image = button({ say: 'back.image' }, () => undefined);
  private readonly picture = element('input', {
    className: 'unseen',
    label: ['back.image'],
    attributes: {
      type: 'file',
      accept: 'image/jpeg,image/png,image/webp,image/gif,image/bmp,image/avif',
      tabindex: '-1',
    },
  });
  private readonly format = element('select');
  private readonly shadow: HTMLInputElement;
  private readonly crop: HTMLInputElement;

  constructor(private readonly actions: LookActions) {
    let [shadow, crop]: HTMLElement[] = [];
    [shadow, this.shadow] = toggle('shadow', (isOn) => actions.onLook({ shadow: isOn }));
    [crop, this.crop] = toggle('crop', (isOn) => actions.onLook({ crop: isOn }));
    for (const format of FORMATS)
      this.format.append(element('option', { say: `format.${format}`, attributes: { value: format } }));
    this.format.addEventListener('change', () =>
      actions.onLook({ format: this.format.value as SavedFormat }),
    );
    const all = button({ say: 'apply.all' }, actions.onApplyAll);
    const children = [this.makeBackdrops(), shadow, crop, labeled('format', this.format), all];
    this.element = element('div', { className: 'panel-group' }, children);
  }

  /** Shows a look. */
  show({ background, shadow, crop, format }: Look): void {
    this.shadow.checked = shadow;
    this.crop.checked = crop;
    this.format.value = format;
    const isOwn = background.kind === 'color' && !COLORS.some(([, one]) => one === background.color);
    if (isOwn) this.own.value = background.color;
    this.own.classList.toggle('chosen', isOwn);
    this.image.setAttribute('aria-pressed', String(background.kind === 'image'));
    mark(this.element, this.group, background.kind === 'color' ? background.color : background.kind);
  }

  private makeBackdrops(): HTMLFieldSetElement {
    const pick = (background: Background): void => this.actions.onLook({ background });
    const swatch = (title: TextKey, className: string): HTMLElement =>
      element('span', { className: `swatch ${className}` }, [
        element('span', { className: 'unseen', say: title }),
      ]);
    const none = radio(this.group, 'none', swatch('back.none', 'none'), () => pick({ kind: 'none' }));
    const colors = COLORS.map(([title, color]) =>
      radio(this.group, color, swatch(title, title.replace('.', '-')), () => pick({ kind: 'color', color })),
    );
    this.own.addEventListener('input', () => pick({ kind: 'color', color: this.own.value }));
    this.picture.addEventListener('change', () => {
      const [image] = this.picture.files ?? [];
      if (image !== undefined) pick({ kind: 'image', image });
      this.picture.value = '';
    });
    this.image.addEventListener('click', () => this.picture.click());
    const others = [this.own, this.image, this.picture];
    return choice('backdrops', 'back.label', [none, ...colors, ...others]);
  }
}
