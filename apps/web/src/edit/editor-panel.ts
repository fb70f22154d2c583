import { button, element } from '../dom-element.js';
import type { Background, Look, SavedFormat } from '../pixels/edit.js';
import type { TextKey } from '../i18n/en-words.js';

/** What a pointer does on the stage. */
export type Tool = 'move' | 'keep' | 'erase';

/** Callbacks of the panel. */
export interface PanelActions {
  onTool: (tool: Tool) => void;
  onBrush: (cssPx: number) => void;
  onSplit: (part: number) => void;
  onLook: (change: Partial<Look>) => void;
  onApplyAll: () => void;
}

const TOOLS: readonly Tool[] = ['move', 'keep', 'erase'];
const FORMATS: readonly SavedFormat[] = ['png', 'webp', 'jpg'];
const COLORS: readonly (readonly [TextKey, string])[] = [
  ['back.white', '#ffffff'],
  ['back.black', '#111111'],
  ['back.green', '#006a4e'],
  ['back.red', '#f42a41'],
  ['back.sky', '#bfe3f5'],
];

/** Initial diameter of the brush, CSS pixels. */
export const BRUSH_PX = 36;

/** A group of native radio buttons, which support arrow keys and screen readers. */
function choice(name: string, title: TextKey, options: HTMLElement[]): HTMLFieldSetElement {
  const legend = element('legend', { say: title });
  return element('fieldset', { className: name }, [
    legend,
    element('div', { className: 'options' }, options),
  ]);
}

function radio(name: string, value: string, content: HTMLElement, onPick: () => void): HTMLLabelElement {
  const input = element('input', { attributes: { type: 'radio', name, value } });
  input.addEventListener('change', () => input.checked && onPick());
  return element('label', {}, [input, content]);
}

const range = (min: number, max: number, value: number): HTMLInputElement =>
  element('input', {
    attributes: { type: 'range', min: String(min), max: String(max), value: String(value) },
  });

function labeled(title: TextKey, input: HTMLElement): HTMLLabelElement {
  return element('label', { className: 'row' }, [element('span', { say: title }), input]);
}

function toggle(title: TextKey, onChange: (isOn: boolean) => void): [HTMLLabelElement, HTMLInputElement] {
  const input = element('input', { attributes: { type: 'checkbox' } });
  input.addEventListener('change', () => onChange(input.checked));
  return [element('label', { className: 'toggle' }, [input, element('span', { say: title })]), input];
}

/** The controls of the editor. `show` updates them; user input calls the actions. */
export class EditorPanel {
  readonly element: HTMLElement;
  readonly brush = range(4, 160, BRUSH_PX);
  private readonly split = range(0, 100, 0);
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
  private readonly backdrops: HTMLFieldSetElement;

  constructor(private readonly actions: PanelActions) {
    this.brush.addEventListener('input', () => actions.onBrush(Number(this.brush.value)));
    this.split.addEventListener('input', () => actions.onSplit(Number(this.split.value) / 100));
    this.backdrops = this.makeBackdrops();
    let [shadow, crop]: HTMLElement[] = [];
    [shadow, this.shadow] = toggle('shadow', (isOn) => actions.onLook({ shadow: isOn }));
    [crop, this.crop] = toggle('crop', (isOn) => actions.onLook({ crop: isOn }));
    for (const format of FORMATS)
      this.format.append(element('option', { say: `format.${format}`, attributes: { value: format } }));
    this.format.addEventListener('change', () =>
      actions.onLook({ format: this.format.value as SavedFormat }),
    );
    const tools = TOOLS.map((tool) =>
      radio('tool', tool, element('span', { say: `tool.${tool}` }), () => actions.onTool(tool)),
    );
    const all = button({ say: 'apply.all' }, actions.onApplyAll);
    const looks = [this.backdrops, shadow, crop, labeled('format', this.format), all];
    const views = [
      choice('tools', 'tool.label', tools),
      labeled('brush.size', this.brush),
      labeled('original', this.split),
    ];
    this.element = element('div', { className: 'panel' }, [...views, ...looks]);
    this.showTool('move');
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
    this.mark('back', background.kind === 'color' ? background.color : background.kind);
  }

  /** Shows the selected tool. */
  showTool(tool: Tool): void {
    this.mark('tool', tool);
    this.brush.disabled = tool === 'move';
  }

  private mark(name: string, value: string): void {
    for (const input of this.element.querySelectorAll<HTMLInputElement>(`input[name="${name}"]`))
      input.checked = input.value === value;
  }

  private makeBackdrops(): HTMLFieldSetElement {
    const pick = (background: Background): void => this.actions.onLook({ background });
    const swatch = (title: TextKey, className: string): HTMLElement =>
      element('span', { className: `swatch ${className}` }, [
        element('span', { className: 'unseen', say: title }),
      ]);
    const none = radio('back', 'none', swatch('back.none', 'none'), () => pick({ kind: 'none' }));
    const colors = COLORS.map(([title, color]) =>
      radio('back', color, swatch(title, title.replace('.', '-')), () => pick({ kind: 'color', color })),
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
