import { button, element } from '../dom-element.js';
import type { Edit, Look } from '../pixels/edit.js';
import type { Pair } from '../pixels/pixel-messages.js';
import { empty, label, put } from '../i18n/page-words.js';
import { BrushHand } from './brush-hand.js';
import { EditorPanel, type Tool } from './editor-panel.js';
import { EditHistory } from './edit-history.js';
import { EditorStage } from './editor-stage.js';
import { keyOf, type StageKey } from './stage-keys.js';
import { StageGestures } from './stage-gestures.js';

/** What is edited, and who is told of it. */
export interface EditOrder {
  name: string;
  pair: Pair;
  edit: Edit;
  /** The editor was closed with this as the last word. */
  onDone: (edit: Edit) => void;
  /** All photos are to be presented like this one. Returns how many there are. */
  onApplyAll: (look: Look) => number;
}

const ZOOM_STEP = 1.4;
const KEY_STEP_PX = 40;

/** The editor: one photo at full size in a dialog, from opening to closing. */
export class EditorDialog {
  private readonly stage: EditorStage;
  private readonly panel: EditorPanel;
  private readonly history: EditHistory;
  private readonly undo: HTMLButtonElement;
  private readonly redo: HTMLButtonElement;
  private readonly level = element('output', { className: 'level' });
  private readonly notice = element('p', { className: 'notice', attributes: { role: 'status' } });
  private readonly leave = new AbortController();
  private readonly brush: BrushHand;

  private constructor(
    private readonly dialog: HTMLDialogElement,
    private readonly order: EditOrder,
  ) {
    this.history = new EditHistory(order.edit);
    this.undo = button({ say: 'undo' }, () => this.travel('undo'));
    this.redo = button({ say: 'redo' }, () => this.travel('redo'));
    this.stage = new EditorStage((scale) => this.showLevel(scale));
    this.brush = new BrushHand(this.stage, (stroke) =>
      this.change({ strokes: [...this.history.present.strokes, stroke] }),
    );
    this.panel = new EditorPanel({
      onTool: (tool) => this.take(tool),
      onBrush: (px) => this.brush.resize(px),
      onSplit: (part) => this.stage.showSplit(part),
      onLook: (change) => this.change({ look: { ...this.history.present.look, ...change } }),
      onApplyAll: () => this.applyAll(),
    });
    this.panel.show(order.edit.look);
    this.assemble();
    this.listen();
    this.showSteps();
  }

  /** Opens the editor in a dialog of the page. */
  static open(dialog: HTMLDialogElement, order: EditOrder): void {
    const editor = new EditorDialog(dialog, order);
    dialog.showModal();
    editor.stage.element.focus();
    void editor.start();
  }

  private async start(): Promise<void> {
    put(this.notice, 'editor.opening');
    try {
      await this.stage.open(this.order.pair, this.order.edit);
      empty(this.notice);
      this.dialog.dataset['open'] = 'true';
    } catch {
      put(this.notice, 'editor.failed');
    }
  }

  private assemble(): void {
    const { name } = this.order;
    const title = put(element('h2', { attributes: { id: 'editor-title' } }), 'editor.title', { name });
    const done = button({ say: 'editor.done', className: 'button primary' }, () => this.dialog.close());
    const steps = element('div', { className: 'steps-back' }, [this.undo, this.redo]);
    const bar = element('div', { className: 'bar' }, [title, steps, done]);
    const out = button({ text: '−', label: ['zoom.out'] }, () => this.stage.zoomBy(1 / ZOOM_STEP));
    const into = button({ text: '+', label: ['zoom.in'] }, () => this.stage.zoomBy(ZOOM_STEP));
    const fit = button({ say: 'zoom.fit' }, () => this.stage.view((port) => port.fit()));
    const full = button({ say: 'zoom.full' }, () => this.stage.view((port) => port.zoomTo(1)));
    const zoom = element('div', { className: 'zoom' }, [out, this.level, into, fit, full]);
    const sight = element('div', { className: 'sight' }, [this.stage.element, zoom, this.notice]);
    this.dialog.replaceChildren(bar, sight, this.panel.element);
  }

  private listen(): void {
    const { signal } = this.leave;
    this.dialog.addEventListener('close', () => this.close(), { once: true });
    this.dialog.addEventListener('keydown', (event) => this.key(event), { signal });
    new StageGestures(this.stage.element, {
      isBrush: () => this.brush.isBrush,
      onMove: (dx, dy) => this.stage.moveBy(dx, dy),
      onZoom: (factor, at) => this.stage.zoomBy(factor, at),
      onStrokeBegin: (at) => this.brush.begin(at),
      onStrokeMove: (at) => this.brush.extend(at),
      onStrokeEnd: () => this.brush.end(),
      onStrokeDrop: () => void this.stage.apply(this.history.present),
      onHover: (at) => this.brush.showRing(at),
    });
  }

  private close(): void {
    this.brush.rest();
    this.leave.abort();
    this.stage.close();
    delete this.dialog.dataset['open'];
    this.dialog.replaceChildren();
    this.order.onDone(this.history.present);
  }

  private key(event: KeyboardEvent): void {
    const isOnStage = event.target === this.stage.element;
    const key = keyOf(event, { isOnStage, isBrush: this.brush.isBrush });
    if (key === undefined) return;
    event.preventDefault();
    this.obey(key);
  }

  private obey(key: StageKey): void {
    switch (key.do) {
      case 'undo':
      case 'redo':
        this.travel(key.do);
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
      case 'hand':
        this.brush.move(key.x, key.y);
        break;
      case 'press':
        put(this.notice, this.brush.press() ? 'brush.down' : 'brush.up');
        break;
      case 'size':
        this.resize(this.brush.size + key.by);
        break;
    }
  }

  private take(tool: Tool): void {
    this.brush.take(tool);
    this.panel.showTool(tool);
    this.stage.element.dataset['tool'] = tool;
    label(this.stage.element, tool === 'move' ? 'editor.stage' : 'editor.stage.brush');
  }

  private resize(px: number): void {
    this.brush.resize(px);
    this.panel.brush.value = String(this.brush.size);
  }

  private change(change: Partial<Edit>): void {
    this.history.step({ ...this.history.present, ...change });
    void this.show(change.look !== undefined);
  }

  private travel(way: 'undo' | 'redo'): void {
    this.history[way]();
    void this.show(false);
  }

  /** Shows what stands; a background that cannot be read is not kept. */
  private async show(isNewLook: boolean): Promise<void> {
    this.showSteps();
    const { look } = this.history.present;
    this.panel.show(look);
    empty(this.notice);
    try {
      await this.stage.apply(this.history.present);
    } catch {
      if (!isNewLook || this.leave.signal.aborted) return;
      this.history.forget();
      await this.show(false);
      put(this.notice, 'back.image.failed');
    }
  }

  private showSteps(): void {
    this.undo.disabled = !this.history.canUndo;
    this.redo.disabled = !this.history.canRedo;
  }

  private showLevel(scale: number): void {
    put(this.level, 'zoom.level', { percent: Math.round(scale * 100) });
  }

  private applyAll(): void {
    const count = this.order.onApplyAll(this.history.present.look);
    put(this.notice, 'apply.all.done', { count });
  }
}
