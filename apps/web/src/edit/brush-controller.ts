import type { Stroke } from '../pixels/edit.js';
import type { EditorStage } from './editor-stage.js';
import type { Point } from './stage-gestures.js';
import { BRUSH_PX, MAX_BRUSH_PX, MIN_BRUSH_PX } from './tool-panel.js';
import type { Tool } from './tool.js';

let lastStroke = 0;

/** The brush, moved by a pointer or by arrow keys. Sizes in CSS pixels of the stage. */
export class BrushController {
  private tool: Tool = 'move';
  private sizePx = BRUSH_PX;
  /** True if the borders of new strokes are refined. */
  isRefined = true;
  private stroke: Omit<Stroke, 'points'> & { points: number[] } = {
    id: 0,
    mode: 'keep',
    size: 0,
    points: [],
  };
  /** Position of the brush when moved by keys; undefined otherwise. */
  private place: Point | undefined;
  private isPressed = false;

  constructor(
    private readonly stage: EditorStage,
    private readonly onStroke: (stroke: Stroke) => void,
  ) {}

  /** True if a pointer paints; false if it pans. */
  get isBrush(): boolean {
    return this.tool !== 'move';
  }

  /** Diameter. */
  get size(): number {
    return this.sizePx;
  }

  /** Selects a tool and ends the current stroke. */
  select(tool: Tool): void {
    this.release();
    this.tool = tool;
    this.place = undefined;
    this.showRing(undefined);
  }

  /** Sets the diameter of the brush, within its limits. */
  resize(px: number): void {
    this.sizePx = Math.min(MAX_BRUSH_PX, Math.max(MIN_BRUSH_PX, px));
    this.showRing(this.place);
  }

  /** Shows the outline of the brush. */
  showRing(at: Point | undefined): void {
    this.stage.showRing(this.isBrush ? at : undefined, this.sizePx);
  }

  /** Starts a stroke. */
  start(at: Point): void {
    const size = this.sizePx * this.stage.pixelsPerCss;
    const mode = this.tool === 'keep' ? 'keep' : 'erase';
    const points = [...this.stage.toPicture(at)];
    this.stroke = { id: ++lastStroke, mode, size, points, isRefined: this.isRefined };
    this.stage.paint(this.stroke.id, { mode, size, points: this.stroke.points });
  }

  /** Continues the stroke. */
  extend(at: Point): void {
    const { id, mode, size, points } = this.stroke;
    const next = this.stage.toPicture(at);
    this.stage.paint(id, { mode, size, points: [...points.slice(-2), ...next] });
    points.push(...next);
  }

  /** Ends the stroke, which becomes a step that can be undone. */
  end(): void {
    this.isPressed = false;
    this.onStroke(this.stroke);
  }

  /** Moves the brush by keys, in steps of a quarter of its size. */
  move(x: number, y: number): void {
    const step = Math.max(2, this.sizePx / 4);
    const { middle } = this.stage;
    const from = this.place ?? middle;
    const within = (at: number, max: number): number => Math.min(max, Math.max(0, at));
    this.place = { x: within(from.x + x * step, middle.x * 2), y: within(from.y + y * step, middle.y * 2) };
    this.showRing(this.place);
    if (this.isPressed) this.extend(this.place);
  }

  /** Starts or ends a stroke by key. Returns true if it is painting now. */
  toggle(): boolean {
    this.place ??= this.stage.middle;
    this.showRing(this.place);
    if (this.isPressed) {
      this.end();
      return false;
    }
    this.start(this.place);
    this.isPressed = true;
    return true;
  }

  /** Ends the stroke that a key started. */
  release(): void {
    if (this.isPressed) this.end();
  }
}
