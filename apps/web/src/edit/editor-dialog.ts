import { button, element } from '../dom-element.js';
import type { Edit, Look } from '../pixels/edit.js';
import type { Pair } from '../pixels/pixel-messages.js';
import { clearText, label, setText } from '../i18n/page-words.js';
import { BrushController } from './brush-controller.js';
import { EditHistory } from './edit-history.js';
import { EditorStage } from './editor-stage.js';
import { LookPanel } from './look-panel.js';
import { keyCommand, type StageKey } from './stage-keys.js';
import { StageGestures } from './stage-gestures.js';
import { ToolPanel, type Tool } from './tool-panel.js';

/** The photo to edit, and callbacks. */
export interface EditorOptions {
  name: string;
  pair: Pair;
  edit: Edit;
  /** Called with the final edit when the editor closes. */
  onDone: (edit: Edit) => void;
  /** Applies the look to all photos. Returns their number. */
  onApplyAll: (look: Look) => number;
}

const ZOOM_STEP = 1.4;
const KEY_STEP_PX = 40;

/** The editor: a dialog that shows one photo at full size. */
export class EditorDialog {
  private readonly stage: EditorStage;
  private readonly tools: ToolPanel;
  private readonly looks: LookPanel;
  private readonly history: EditHistory;
  private readonly undo: HTMLButtonElement;
  private readonly redo: HTMLButtonElement;
  private readonly level = element('output', { className: 'level' });
  private readonly notice = element('p', { className: 'notice', attributes: { role: 'status' } });
  private readonly closed = new AbortController();
  private readonly brush: BrushController;

  private constructor(
    private readonly dialog: HTMLDialogElement,
    private readonly options: EditorOptions,
  ) {
    this.history = new EditHistory(options.edit);
    this.undo = button({ say: 'undo' }, () => this.moveInHistory('undo'));
    this.redo = button({ say: 'redo' }, () => this.moveInHistory('redo'));
    this.stage = new EditorStage((scale) => this.showLevel(scale));
    this.brush = new BrushController(this.stage, (stroke) =>
      this.change({ strokes: [...this.history.present.strokes, stroke] }),
    );
    this.tools = new ToolPanel({
      onTool: (tool) => this.selectTool(tool),
      onBrush: (px) => this.brush.resize(px),
      onSplit: (part) => this.stage.showSplit(part),
    });
    this.looks = new LookPanel({
      onLook: (change) => this.change({ look: { ...this.history.present.look, ...change } }),
      onApplyAll: () => this.applyAll(),
    });
    this.looks.show(options.edit.look);
    this.assemble();
    this.listen();
    this.showSteps();
  }

  /** Opens the editor in a dialog of the page. */
  static open(dialog: HTMLDialogElement, order: EditorOptions): void {
    const editor = new EditorDialog(dialog, order);
    dialog.showModal();
    editor.stage.element.focus();
    void editor.start();
  }

  private async start(): Promise<void> {
    setText(this.notice, 'editor.opening');
    try {
      await this.stage.open(this.options.pair, this.options.edit);
      clearText(this.notice);
      this.dialog.dataset['open'] = 'true';
    } catch {
      setText(this.notice, 'editor.failed');
    }
  }

  private assemble(): void {
    const { name } = this.options;
    const title = setText(element('h2', { attributes: { id: 'editor-title' } }), 'editor.title', { name });
    const done = button({ say: 'editor.done', className: 'button primary' }, () => this.dialog.close());
    const steps = element('div', { className: 'steps-back' }, [this.undo, this.redo]);
    const bar = element('div', { className: 'bar' }, [title, steps, done]);
    const out = button({ text: '−', label: ['zoom.out'] }, () => this.stage.zoomBy(1 / ZOOM_STEP));
    const into = button({ text: '+', label: ['zoom.in'] }, () => this.stage.zoomBy(ZOOM_STEP));
    const fit = button({ say: 'zoom.fit' }, () => this.stage.view((port) => port.fit()));
    const full = button({ say: 'zoom.full' }, () => this.stage.view((port) => port.zoomTo(1)));
    const zoom = element('div', { className: 'zoom' }, [out, this.level, into, fit, full]);
    const viewport = element('div', { className: 'viewport' }, [this.stage.element, zoom, this.notice]);
    const panel = element('div', { className: 'panel' }, [this.tools.element, this.looks.element]);
    this.dialog.replaceChildren(bar, viewport, panel);
  }

  private listen(): void {
    const { signal } = this.closed;
    this.dialog.addEventListener('close', () => this.close(), { once: true });
    this.dialog.addEventListener('keydown', (event) => this.key(event), { signal });
    new StageGestures(this.stage.element, {
      isBrush: () => this.brush.isBrush,
      onMove: (dx, dy) => this.stage.moveBy(dx, dy),
      onZoom: (factor, at) => this.stage.zoomBy(factor, at),
      onStrokeBegin: (at) => this.brush.start(at),
      onStrokeMove: (at) => this.brush.extend(at),
      onStrokeEnd: () => this.brush.end(),
      onStrokeDrop: () => void this.stage.apply(this.history.present),
      onHover: (at) => this.brush.showRing(at),
    });
  }

  private close(): void {
    this.brush.release();
    this.closed.abort();
    this.stage.close();
    delete this.dialog.dataset['open'];
    this.dialog.replaceChildren();
    this.options.onDone(this.history.present);
  }

  private key(event: KeyboardEvent): void {
    const isOnStage = event.target === this.stage.element;
    const key = keyCommand(event, { isOnStage, isBrush: this.brush.isBrush });
    if (key === undefined) return;
    event.preventDefault();
    this.perform(key);
  }

  private perform(key: StageKey): void {
    switch (key.do) {
      case 'undo':
      case 'redo':
        this.moveInHistory(key.do);
        break;
      case 'zoom':
        this.stage.zoomBy(key.isIn ? ZOOM_STEP : 1 / ZOOM_STEP);
        break;
      case 'fit':
        this.stage.view((port) => port.fit());
        break;
      case 'full':
        this.stage.view((port) => port.zoomTo(1));
        break;
      case 'move':
        this.stage.moveBy(-key.x * KEY_STEP_PX, -key.y * KEY_STEP_PX);
        break;
      case 'brush':
        this.brush.move(key.x, key.y);
        break;
      case 'press':
        setText(this.notice, this.brush.toggle() ? 'brush.down' : 'brush.up');
        break;
      case 'size':
        this.resize(this.brush.size + key.by);
        break;
    }
  }

  private selectTool(tool: Tool): void {
    this.brush.select(tool);
    this.tools.showTool(tool);
    this.stage.element.dataset['tool'] = tool;
    label(this.stage.element, tool === 'move' ? 'editor.stage' : 'editor.stage.brush');
  }

  private resize(px: number): void {
    this.brush.resize(px);
    this.tools.brush.value = String(this.brush.size);
  }

  private change(change: Partial<Edit>): void {
    this.history.step({ ...this.history.present, ...change });
    void this.show(change.look !== undefined);
  }

  private moveInHistory(direction: 'undo' | 'redo'): void {
    this.history[direction]();
    void this.show(false);
  }

  /** Shows the current edit. Removes the last step if its background image cannot be read. */
  private async show(isNewLook: boolean): Promise<void> {
    this.showSteps();
    const { look } = this.history.present;
    this.looks.show(look);
    clearText(this.notice);
    try {
      await this.stage.apply(this.history.present);
    } catch {
      if (!isNewLook || this.closed.signal.aborted) return;
      this.history.discard();
      await this.show(false);
      setText(this.notice, 'back.image.failed');
    }
  }

  private showSteps(): void {
    this.undo.disabled = !this.history.canUndo;
    this.redo.disabled = !this.history.canRedo;
  }

  private showLevel(scale: number): void {
    setText(this.level, 'zoom.level', { percent: Math.round(scale * 100) });
  }

  private applyAll(): void {
    const count = this.options.onApplyAll(this.history.present.look);
    setText(this.notice, 'apply.all.done', { count });
  }
}
