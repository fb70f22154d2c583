import { button, element, type ElementFacts } from '../dom-element.js';
import type { TextKey } from '../i18n/en-words.js';
import { setText, tooltip } from '../i18n/page-words.js';
import type { IconName } from '../icons.js';
import { CompareButton } from './compare-button.js';
import type { EditDraft } from './edit-draft.js';

/** What the buttons of the editor do. */
export interface BarActions {
  onUndo: () => void;
  onRedo: () => void;
  onReset: () => void;
  onCancel: () => void;
  onDownload: () => void;
  onDone: () => void;
  onKeys: () => void;
  onZoom: (isIn: boolean) => void;
  onFit: () => void;
  onFull: () => void;
  onOriginal: (isOriginal: boolean) => void;
}

const iconOnly = (icon: IconName, name: TextKey, tip: TextKey, onPress: () => void): HTMLButtonElement => {
  const facts: ElementFacts = { icon, label: [name], className: 'button quiet icon-only' };
  return tooltip(button(facts, onPress), tip);
};

/** The bar at the top of the editor, and the controls of the view. */
export class EditorBar {
  readonly element: HTMLElement;
  readonly view: HTMLElement;
  readonly compare: CompareButton;
  private readonly undo: HTMLButtonElement;
  private readonly redo: HTMLButtonElement;
  private readonly reset: HTMLButtonElement;
  private readonly download: HTMLButtonElement;
  private readonly level = element('output', { className: 'level' });

  constructor(name: string, actions: BarActions) {
    this.undo = iconOnly('undo-2', 'undo', 'editor.tip.undo', actions.onUndo);
    this.redo = iconOnly('redo-2', 'redo', 'editor.tip.redo', actions.onRedo);
    this.reset = iconOnly('rotate-ccw', 'editor.reset', 'editor.tip.reset', actions.onReset);
    const title = element('h2', { attributes: { id: 'editor-title', title: name } });
    const cancel = button(
      { say: 'editor.cancel', icon: 'x', className: 'button quiet cancel' },
      actions.onCancel,
    );
    const keys = iconOnly('keyboard', 'editor.keys', 'editor.tip.keys', actions.onKeys);
    keys.classList.add('keys-button');
    const facts = { say: 'editor.download', icon: 'download', className: 'button quiet download' } as const;
    this.download = button(facts, actions.onDownload);
    const done = button({ say: 'editor.done', icon: 'check', className: 'button primary' }, actions.onDone);
    const steps = element('div', { className: 'steps-back' }, [this.undo, this.redo, this.reset, keys]);
    const end = element('div', { className: 'bar-end' }, [this.download, done]);
    this.element = element('div', { className: 'bar' }, [
      cancel,
      setText(title, 'editor.title', { name }),
      steps,
      end,
    ]);
    this.compare = new CompareButton(actions.onOriginal);
    this.view = element('div', { className: 'view' }, [
      iconOnly('minus', 'zoom.out', 'editor.tip.out', () => actions.onZoom(false)),
      this.level,
      iconOnly('plus', 'zoom.in', 'editor.tip.in', () => actions.onZoom(true)),
      tooltip(button({ say: 'zoom.fit' }, actions.onFit), 'editor.tip.fit'),
      tooltip(button({ say: 'zoom.full' }, actions.onFull), 'editor.tip.full'),
      this.compare.element,
    ]);
  }

  /** Shows which steps there are. */
  showSteps({ canUndo, canRedo, canReset }: EditDraft): void {
    const all = [
      [this.undo, canUndo],
      [this.redo, canRedo],
      [this.reset, canReset],
    ] as const;
    const focused = all.find(([control]) => control === document.activeElement)?.[0];
    for (const [control, isPossible] of all) control.disabled = !isPossible;
    if (focused?.disabled === true) all.find(([, isPossible]) => isPossible)?.[0].focus();
  }

  /** Shows the zoom: device pixels per picture pixel. */
  showLevel(scale: number): void {
    setText(this.level, 'zoom.level', { percent: Math.round(scale * 100) });
  }

  /** Shows that the result is being encoded. */
  showBusy(isBusy: boolean): void {
    // A disabled button would lose the focus.
    this.download.setAttribute('aria-disabled', String(isBusy));
    this.download.setAttribute('aria-busy', String(isBusy));
  }

  /** True while the result is being encoded. */
  get isBusy(): boolean {
    return this.download.getAttribute('aria-busy') === 'true';
  }
}
