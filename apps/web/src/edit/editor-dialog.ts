import { button, element } from '../dom-element.js';
import type { Edit, Look } from '../pixels/edit.js';
import type { Pair } from '../pixels/pixel-messages.js';
import { clearText, label, setText, tooltip } from '../i18n/page-words.js';
import { BrushController } from './brush-controller.js';
import { EditDraft } from './edit-draft.js';
import type { EditHistory } from './edit-history.js';
import { EditorBar } from './editor-bar.js';
import { EditorPanel } from './editor-panel.js';
import { collapsible } from './panel-section.js';
import { EditorStage } from './editor-stage.js';
import { showKeys } from './key-help.js';
import { askToLeave } from './leave-question.js';
import { LookPanel } from './look-panel.js';
import { keyCommand, type KeyContext, type StageKey } from './stage-keys.js';
import { StageGestures } from './stage-gestures.js';
import { ToolPanel } from './tool-panel.js';
import type { Tool } from './tool.js';

/** The photo to edit, and callbacks. */
export interface EditorOptions {
  name: string;
  pair: Pair;
  /** Steps of earlier openings. The editor changes a copy. */
  history: EditHistory;
  /** True to show the result first: on a phone the sheet with the controls is closed. */
  startsWithView?: boolean;
  /** Called with the new history when the changes are applied. */
  onApply: (history: EditHistory) => void;
  /** Downloads the applied result. */
  onDownload: () => Promise<void>;
  /** Called when the editor has closed. */
  onClosed: () => void;
  /** Applies the look to all photos. Returns their number. */
  onApplyAll?: ((look: Look) => number) | undefined;
  /** Open the photo before and after this one. Absent at the ends of the list. */
  onPrevious?: (() => void) | undefined;
  onNext?: (() => void) | undefined;
}

const ZOOM_STEP = 1.4;
const KEY_STEP_PX = 40;

/** Input types that take no text: single keys stay commands of the editor there. */
const NO_TEXT = new Set(['radio', 'checkbox', 'range', 'button', 'color', 'file']);

/** The editor: a dialog that shows one photo at full size. Changes are applied only by Done, Download and Apply. */
export class EditorDialog {
  private readonly stage: EditorStage;
  private readonly tools: ToolPanel;
  private readonly looks: LookPanel;
  private readonly panel: EditorPanel;
  private readonly bar: EditorBar;
  private readonly draft: EditDraft;
  private readonly notice = element('p', { className: 'notice', attributes: { role: 'status' } });
  private readonly original = element('p', { className: 'original-sign', say: 'editor.original' });
  private readonly closed = new AbortController();
  private readonly brush: BrushController;
  private isPanning = false;
  private isPointerOver = false;
  private isAsking = false;
  private liveLook: Look | undefined;
  private isShowingLive = false;

  private constructor(
    private readonly dialog: HTMLDialogElement,
    private readonly options: EditorOptions,
  ) {
    this.draft = new EditDraft(options.history);
    this.stage = new EditorStage((scale) => this.bar.showLevel(scale));
    this.brush = new BrushController(this.stage, (stroke) =>
      this.change({ strokes: [...this.draft.present.strokes, stroke] }),
    );
    this.tools = new ToolPanel({
      onTool: (tool) => this.selectTool(tool),
      onBrush: (px) => this.resize(px),
      onRefine: (isRefined) => (this.brush.isRefined = isRefined),
    });
    const { onApplyAll } = options;
    this.looks = new LookPanel(
      {
        onLook: (change, isLive) => this.changeLook(change, isLive),
        onApplyAll: onApplyAll && ((): void => this.applyAll(onApplyAll)),
      },
      true,
    );
    const brush = collapsible('brush', 'editor.brush', 'brush', this.tools.element);
    this.panel = new EditorPanel([brush, ...this.looks.sections], [brush.element, this.looks.element]);
    this.bar = new EditorBar(options.name, {
      onUndo: () => this.moveInHistory('undo'),
      onRedo: () => this.moveInHistory('redo'),
      onReset: () => this.reset(),
      onCancel: () => void this.leave(),
      onDownload: () => void this.download(),
      onDone: () => this.applyAndClose(),
      onKeys: () => showKeys(this.dialog),
      onZoom: (isIn) => this.perform({ do: 'zoom', isIn }),
      onFit: () => this.perform({ do: 'fit' }),
      onFull: () => this.perform({ do: 'full' }),
      onOriginal: (isOriginal) => this.showOriginal(isOriginal),
    });
    this.assemble();
    this.listen();
    this.looks.show(this.draft.present.look);
    this.bar.showSteps(this.draft);
    if (options.startsWithView !== true) this.panel.select('brush');
  }

  /** Opens the editor in a dialog of the page. */
  static open(dialog: HTMLDialogElement, options: EditorOptions): void {
    const editor = new EditorDialog(dialog, options);
    dialog.showModal();
    editor.stage.element.focus();
    void editor.start();
  }

  private async start(): Promise<void> {
    setText(this.notice, 'editor.opening');
    try {
      await this.stage.open(this.options.pair, this.draft.present);
      clearText(this.notice);
      this.dialog.dataset['open'] = 'true';
    } catch {
      setText(this.notice, 'editor.failed');
    }
  }

  private assemble(): void {
    this.original.hidden = true;
    const { onPrevious, onNext } = this.options;
    const steps = (['previous', 'next'] as const).map((direction) => {
      const icon = direction === 'next' ? 'arrow-right' : 'arrow-left';
      const facts = {
        icon,
        label: [`editor.${direction}`],
        className: `button quiet icon-only ${direction}`,
      } as const;
      const step = button(facts, () => void this.goTo(direction));
      step.hidden = (direction === 'next' ? onNext : onPrevious) === undefined;
      return tooltip(step, `editor.tip.${direction}`);
    });
    const viewport = element('div', { className: 'viewport' }, [
      this.stage.element,
      this.original,
      ...steps,
      this.notice,
    ]);
    this.dialog.replaceChildren(this.bar.element, viewport, this.bar.view, this.panel.element);
  }

  private listen(): void {
    const { signal } = this.closed;
    this.dialog.addEventListener('close', () => this.closedByBrowser(), { signal });
    // Escape, and the gesture "back" of phones.
    this.dialog.addEventListener('cancel', (event) => this.cancel(event), { signal });
    // On the document: a button that gets disabled loses the focus to the body.
    document.addEventListener('keydown', (event) => this.key(event), { signal });
    document.addEventListener('keyup', (event) => this.keyUp(event), { signal });
    window.addEventListener('blur', () => this.endHolds(), { signal });
    window.addEventListener('beforeunload', (event) => this.draft.hasChanges && event.preventDefault(), {
      signal,
    });
    new StageGestures(this.stage.element, {
      isBrush: () => this.brush.isBrush && !this.isPanning,
      onMove: (dx, dy) => this.stage.moveBy(dx, dy),
      onZoom: (factor, at) => this.stage.zoomBy(factor, at),
      onStrokeBegin: (at) => this.brush.start(at),
      onStrokeMove: (at) => this.brush.extend(at),
      onStrokeEnd: () => this.brush.end(),
      onStrokeDrop: () => void this.stage.apply(this.draft.present),
      onHover: (at) => {
        this.isPointerOver = at !== undefined;
        this.brush.showRing(this.isPanning ? undefined : at);
      },
    });
  }

  private cancel(event: Event): void {
    if (event.target !== this.dialog) return;
    event.preventDefault();
    void this.leave();
  }

  /** Closes if there is nothing to lose. Asks otherwise. Returns true if it has closed or may go on to another photo. */
  private async leave(isClosing = true): Promise<boolean> {
    if (this.isAsking) return false;
    this.brush.release();
    if (this.draft.hasChanges) {
      this.isAsking = true;
      const answer = await askToLeave(this.dialog);
      this.isAsking = false;
      if (answer === 'stay') return false;
      if (answer === 'apply') this.apply();
    }
    this.close(isClosing);
    return true;
  }

  private async goTo(direction: 'previous' | 'next'): Promise<void> {
    const open = direction === 'next' ? this.options.onNext : this.options.onPrevious;
    if (open !== undefined && (await this.leave(false))) open();
  }

  private apply(): void {
    if (this.draft.hasChanges) this.options.onApply(this.draft.apply());
  }

  private applyAndClose(): void {
    this.brush.release();
    this.apply();
    this.close(true);
  }

  private async download(): Promise<void> {
    if (this.bar.isBusy) return;
    this.brush.release();
    this.apply();
    this.bar.showBusy(true);
    setText(this.notice, 'editor.encoding');
    try {
      await this.options.onDownload();
      clearText(this.notice);
    } catch {
      setText(this.notice, 'editor.failed');
    }
    this.bar.showBusy(false);
  }

  private close(isClosing: boolean): void {
    this.closed.abort();
    this.stage.close();
    delete this.dialog.dataset['open'];
    this.dialog.close();
    this.dialog.replaceChildren();
    if (isClosing) this.options.onClosed();
  }

  /** Browsers close a dialog at a second Escape in a row without a question. The changes must not get lost. */
  private closedByBrowser(): void {
    // The event comes later: another photo may be open by now.
    if (this.dialog.open) return;
    this.dialog.showModal();
    void this.leave();
  }

  private key(event: KeyboardEvent): void {
    const { target } = event;
    // Dialogs inside of the editor have their own keys.
    if (!(target instanceof HTMLElement) || this.dialog.querySelector('dialog[open]') !== null) return;
    if (event.key === 'Escape') {
      event.preventDefault();
      void this.leave();
      return;
    }
    const { isPointerOver } = this;
    const key = keyCommand(event, {
      focus: this.focusOf(target),
      isBrush: this.brush.isBrush,
      isPointerOver,
    });
    if (key === undefined) return;
    event.preventDefault();
    if (!event.repeat || !['press', 'compare', 'pan'].includes(key.do)) this.perform(key);
  }

  private focusOf(target: HTMLElement): KeyContext['focus'] {
    if (target === this.stage.element) return 'stage';
    const isText =
      target instanceof HTMLInputElement ? !NO_TEXT.has(target.type) : target.matches('select, textarea');
    return isText ? 'text' : 'control';
  }

  private keyUp({ key }: KeyboardEvent): void {
    if (key === ' ') this.pan(false);
    else this.endHolds();
  }

  private endHolds(): void {
    this.pan(false);
    this.bar.compare.show(false);
  }

  private pan(isPanning: boolean): void {
    this.isPanning = isPanning;
    this.stage.element.classList.toggle('panning', isPanning);
  }

  private perform(key: StageKey): void {
    const actions: { [K in StageKey['do']]: (key: Extract<StageKey, { do: K }>) => void } = {
      undo: () => this.moveInHistory('undo'),
      redo: () => this.moveInHistory('redo'),
      zoom: ({ isIn }) => this.stage.zoomBy(isIn ? ZOOM_STEP : 1 / ZOOM_STEP),
      fit: () => this.stage.view((port) => port.fit()),
      full: () => this.stage.view((port) => port.zoomTo(1)),
      move: ({ x, y }) => this.stage.moveBy(-x * KEY_STEP_PX, -y * KEY_STEP_PX),
      brush: ({ x, y }) => this.brush.move(x, y),
      press: () => setText(this.notice, this.brush.toggle() ? 'brush.down' : 'brush.up'),
      size: ({ by }) => this.resize(this.brush.size + by),
      tool: ({ tool }) => this.selectTool(tool),
      pan: () => this.pan(true),
      compare: () => this.bar.compare.show(true),
      help: () => showKeys(this.dialog),
      previous: () => void this.goTo('previous'),
      next: () => void this.goTo('next'),
    };
    (actions[key.do] as (key: StageKey) => void)(key);
  }

  private showOriginal(isOriginal: boolean): void {
    this.original.hidden = !isOriginal;
    this.stage.showOriginal(isOriginal);
  }

  private selectTool(tool: Tool): void {
    this.brush.select(tool);
    this.tools.showTool(tool);
    this.stage.element.dataset['tool'] = tool;
    label(this.stage.element, tool === 'move' ? 'editor.stage' : 'editor.stage.brush');
  }

  private resize(px: number): void {
    this.brush.resize(px);
    this.tools.showSize(this.brush.size);
  }

  private change(change: Partial<Edit>): void {
    this.draft.step({ ...this.draft.present, ...change });
    void this.show(change.look !== undefined);
  }

  private changeLook(change: Partial<Look>, isLive: boolean): void {
    const look = { ...this.draft.present.look, ...change };
    this.liveLook = isLive ? look : undefined;
    if (!isLive) this.change({ look });
    else if (!this.isShowingLive) void this.showLive();
  }

  /** Shows looks that a slider passes on its way. They are no steps, and only the latest one is shown. */
  private async showLive(): Promise<void> {
    this.isShowingLive = true;
    while (this.liveLook !== undefined) {
      const look = this.liveLook;
      this.liveLook = undefined;
      await this.stage.apply({ ...this.draft.present, look }).catch(() => undefined);
    }
    this.isShowingLive = false;
  }

  private reset(): void {
    this.draft.reset();
    void this.show(false);
  }

  private moveInHistory(direction: 'undo' | 'redo'): void {
    this.brush.release();
    this.draft[direction]();
    void this.show(false);
  }

  /** Shows the current edit. Removes the last step if its background image cannot be read. */
  private async show(isNewLook: boolean): Promise<void> {
    this.bar.showSteps(this.draft);
    this.looks.show(this.draft.present.look);
    clearText(this.notice);
    try {
      await this.stage.apply(this.draft.present);
    } catch {
      if (!isNewLook || this.closed.signal.aborted) return;
      this.draft.drop();
      await this.show(false);
      setText(this.notice, 'back.image.failed');
    }
  }

  private applyAll(apply: (look: Look) => number): void {
    const count = apply(this.draft.present.look);
    setText(this.notice, 'apply.all.done', { count });
  }
}
