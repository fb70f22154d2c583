import { button, element } from '../dom-element.js';
import { choice, mark, radio } from '../form-controls.js';
import type { TextKey } from '../i18n/en-words.js';
import { clearText, setText } from '../i18n/page-words.js';
import type { Background, Gradient, Look } from '../pixels/edit.js';
import { ColorField, colorInput } from './color-field.js';
import { groupName, ValueSlider, type LookControl, type OnLook } from './look-control.js';

const COLORS: readonly (readonly [TextKey, string])[] = [
  ['back.white', '#ffffff'],
  ['back.mist', '#eceff1'],
  ['back.gray', '#9aa3a0'],
  ['back.black', '#111111'],
  ['back.green', '#006a4e'],
  ['back.mint', '#b9dfcf'],
  ['back.sky', '#bfe3f5'],
  ['back.navy', '#23406b'],
  ['back.sand', '#f3e4cc'],
  ['back.blush', '#f8d8d4'],
  ['back.red', '#d7263d'],
];

const GRADIENTS: readonly (readonly [TextKey, Gradient])[] = [
  ['gradient.studio', { colors: ['#ffffff', '#cfd8d4'], angle: 180 }],
  ['gradient.dawn', { colors: ['#fde8d7', '#f3b5b5'], angle: 160 }],
  ['gradient.sea', { colors: ['#dff3fb', '#6fb3d2'], angle: 180 }],
  ['gradient.leaf', { colors: ['#cdeedd', '#1d7a5c'], angle: 145 }],
  ['gradient.sunset', { colors: ['#ffc371', '#e0567a'], angle: 135 }],
  ['gradient.night', { colors: ['#30507a', '#141d33'], angle: 200 }],
];

const KINDS = ['color', 'gradient', 'blur', 'image'] as const;
type Kind = (typeof KINDS)[number];

const TYPES = 'image/jpeg,image/png,image/webp,image/gif,image/bmp,image/avif';
const DEFAULT_BLUR = 45;

/** Transparent is offered among the colors. */
const kindOf = ({ kind }: Background): Kind => (kind === 'none' ? 'color' : kind);
const valueOf = ({ colors, angle }: Gradient): string => [...colors, angle].join(' ');

let imageCount = 0;

/** A swatch with a name for screen readers and as a tooltip. */
const swatch = (title: TextKey, background?: string): HTMLElement => {
  const made = element('span', { className: background === undefined ? 'swatch none' : 'swatch' }, [
    element('span', { className: 'unseen', say: title }),
  ]);
  if (background !== undefined) made.style.setProperty('background', background);
  return made;
};

/** Controls of the background: its kind, and the choices of each kind. */
export class BackgroundControl implements LookControl {
  readonly name = 'background';
  readonly title = 'back.label';
  readonly icon = 'palette';
  readonly content: HTMLElement;
  private readonly kinds = groupName();
  private readonly colors = groupName();
  private readonly gradients = groupName();
  private readonly panes: Readonly<Record<Kind, HTMLElement>>;
  private readonly color: ColorField;
  private readonly first: HTMLInputElement;
  private readonly second: HTMLInputElement;
  private readonly angle: ValueSlider;
  private readonly strength: ValueSlider;
  private readonly choose: HTMLButtonElement;
  private readonly file = element('input', {
    className: 'unseen',
    label: ['back.image.choose'],
    attributes: { type: 'file', accept: TYPES, tabindex: '-1' },
  });
  private readonly fileName = element('span', { className: 'file-name', attributes: { dir: 'auto' } });
  private shown: Background | undefined;
  private gradient: Gradient = { colors: ['#fde8d7', '#f3b5b5'], angle: 160 };
  /** The last background of each kind, which comes back with its kind. */
  private readonly last: Partial<Record<Kind, Background>> = {};

  constructor(private readonly onLook: OnLook) {
    this.color = new ColorField(this.colors, (color, isLive) => this.emit({ kind: 'color', color }, isLive));
    const stop = (title: TextKey, at: 0 | 1): HTMLInputElement =>
      colorInput(title, this.gradient.colors[at], (color, isLive) => {
        const [a, b] = this.gradient.colors;
        this.emitGradient({ colors: at === 0 ? [color, b] : [a, color] }, isLive);
      });
    this.first = stop('gradient.first', 0);
    this.second = stop('gradient.second', 1);
    this.angle = new ValueSlider(
      { title: 'gradient.angle', min: 0, max: 360, unit: 'value.degrees' },
      (angle, isLive) => this.emitGradient({ angle }, isLive),
    );
    this.strength = new ValueSlider(
      { title: 'blur.strength', min: 1, max: 100, unit: 'value.percent' },
      (strength, isLive) => this.emit({ kind: 'blur', strength }, isLive),
    );
    this.choose = button({ say: 'back.image.choose', icon: 'image-plus' }, () => this.file.click());
    this.file.addEventListener('change', () => this.take());
    this.panes = {
      color: this.colorPane(),
      gradient: this.gradientPane(),
      blur: element('div', { className: 'pane' }, [
        this.strength.element,
        element('p', { className: 'hint', say: 'blur.hint' }),
      ]),
      image: element('div', { className: 'pane' }, [
        element('div', { className: 'own-image' }, [this.choose, this.file, this.fileName]),
        element('p', { className: 'hint', say: 'back.image.hint' }),
      ]),
    };
    const kinds = KINDS.map((kind) =>
      radio(this.kinds, kind, element('span', { say: `back.${kind}` }), () => this.pickKind(kind)),
    );
    const panes = element('div', { className: 'panes' }, Object.values(this.panes));
    this.content = element('div', { className: 'controls' }, [choice('switch', 'back.kind', kinds), panes]);
  }

  show({ background }: Look): void {
    if (this.shown !== background) this.open(kindOf(background));
    this.shown = background;
    this.last[kindOf(background)] = background;
    const color = background.kind === 'color' ? background.color : undefined;
    this.color.show(color, color !== undefined && !COLORS.some(([, one]) => one === color));
    mark(this.content, this.colors, color ?? background.kind);
    if (background.kind === 'gradient') this.gradient = background;
    [this.first.value, this.second.value] = this.gradient.colors;
    this.angle.show(this.gradient.angle);
    mark(this.content, this.gradients, background.kind === 'gradient' ? valueOf(background) : '');
    this.strength.show(background.kind === 'blur' ? background.strength : this.lastBlur);
    if (background.kind === 'image' && background.image instanceof File)
      this.fileName.textContent = background.image.name;
    else clearText(this.fileName);
    setText(this.choose, background.kind === 'image' ? 'back.image.other' : 'back.image.choose');
  }

  private get lastBlur(): number {
    return this.last.blur?.kind === 'blur' ? this.last.blur.strength : DEFAULT_BLUR;
  }

  private emit(background: Background, isLive = false): void {
    this.onLook({ background }, isLive);
  }

  private emitGradient(change: Partial<Gradient>, isLive: boolean): void {
    this.gradient = { ...this.gradient, ...change };
    const { colors, angle } = this.gradient;
    this.emit({ kind: 'gradient', colors, angle }, isLive);
  }

  /** Shows the choices of a kind. */
  private open(kind: Kind): void {
    mark(this.content, this.kinds, kind);
    for (const one of KINDS) this.panes[one].hidden = one !== kind;
  }

  /** Opens a kind and applies its last background. Without an image, `image` only shows the button that chooses one. */
  private pickKind(kind: Kind): void {
    this.open(kind);
    const last = this.last[kind];
    if (last !== undefined) this.emit(last);
    else if (kind === 'gradient') this.emitGradient(GRADIENTS[0]?.[1] ?? {}, false);
    else if (kind === 'blur') this.emit({ kind, strength: DEFAULT_BLUR });
    else if (kind === 'color') this.emit({ kind: 'none' });
  }

  private take(): void {
    const [image] = this.file.files ?? [];
    if (image !== undefined) this.emit({ kind: 'image', image, id: ++imageCount });
    this.file.value = '';
  }

  private colorPane(): HTMLElement {
    const none = radio(this.colors, 'none', swatch('back.none'), () => this.emit({ kind: 'none' }));
    const colors = COLORS.map(([title, color]) =>
      radio(this.colors, color, swatch(title, color), () => this.emit({ kind: 'color', color })),
    );
    const options = [none, ...colors, this.color.picker, this.color.code];
    const swatches = choice('swatches', 'back.color', options);
    return element('div', { className: 'pane' }, [swatches, ...this.color.below]);
  }

  private gradientPane(): HTMLElement {
    const options = GRADIENTS.map(([title, gradient]) => {
      const { colors, angle } = gradient;
      const shown = swatch(title, `linear-gradient(${angle}deg, ${colors.join()})`);
      return radio(this.gradients, valueOf(gradient), shown, () => this.emitGradient(gradient, false));
    });
    const own = element('div', { className: 'own-gradient' }, [this.first, this.second, this.angle.element]);
    return element('div', { className: 'pane' }, [choice('swatches', 'gradient.label', options), own]);
  }
}
