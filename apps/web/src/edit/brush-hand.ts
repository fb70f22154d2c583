import type { Stroke } from '../pixels/edit.js';
import { BRUSH_PX, type Tool } from './editor-panel.js';
import type { EditorStage } from './editor-stage.js';
import type { Place } from './stage-gestures.js';

const MIN_PX = 4;
const MAX_PX = 160;

let lastStroke = 0;

/** The brush in a hand: a pointer's, or one that is moved by arrow keys. Sizes in CSS pixels of the stage. */
export class BrushHand {
  private tool: Tool = 'move';
  private sizePx = BRUSH_PX;
  private stroke: Omit<Stroke, 'points'> & { points: number[] } = {
    id: 0,
    mode: 'keep',
    size: 0,
    points: [],
  };
  /** Where keys hold the brush; undefined while they do not. */
  private place: Place | undefined;
  private isPressed = false;

  constructor(
    private readonly stage: EditorStage,
    private readonly onStroke: (stroke: Stroke) => void,
  ) {}

  /** True when a pointer paints, and does not move the picture. */
  get isBrush(): boolean {
    return this.tool !== 'move';
  }

  /** Diameter. */
  get size(): number {
    return this.sizePx;
  }

  /** Takes another tool in hand; a stroke under way ends. */
  take(tool: Tool): void {
    this.rest();
    this.tool = tool;
    this.place = undefined;
    this.showRing(undefined);
  }

  /** Takes a brush of another size, within bounds. */
  resize(px: number): void {
    this.sizePx = Math.min(MAX_PX, Math.max(MIN_PX, px));
    this.showRing(this.place);
  }

  /** Shows where the brush would paint. */
  showRing(at: Place | undefined): void {
    this.stage.showRing(this.isBrush ? at : undefined, this.sizePx);
  }

  /** Begins a stroke. */
  begin(at: Place): void {
    const size = this.sizePx * this.stage.pixelsPerCss;
    const mode = this.tool === 'keep' ? 'keep' : 'erase';
    this.stroke = { id: ++lastStroke, mode, size, points: [...this.stage.toPicture(at)] };
    this.stage.paint(this.stroke.id, { mode, size, points: this.stroke.points });
  }

  /** Goes on with the stroke. */
  extend(at: Place): void {
    const { id, mode, size, points } = this.stroke;
    const next = this.stage.toPicture(at);
    this.stage.paint(id, { mode, size, points: [...points.slice(-2), ...next] });
    points.push(...next);
  }

  /** Ends the stroke: from here on it is a step that can be taken back. */
  end(): void {
    this.isPressed = false;
    this.onStroke(this.stroke);
  }

  /** Moves the brush by keys: a step is a quarter of its size. */
  move(x: number, y: number): void {
    const step = Math.max(2, this.sizePx / 4);
    const { middle } = this.stage;
    const from = this.place ?? middle;
    const within = (at: number, most: number): number => Math.min(most, Math.max(0, at));
    this.place = { x: within(from.x + x * step, middle.x * 2), y: within(from.y + y * step, middle.y * 2) };
    this.showRing(this.place);
    if (this.isPressed) this.extend(this.place);
  }

  /** Presses the brush down, or lifts it. Returns whether it is down now. */
  press(): boolean {
    this.place ??= this.stage.middle;
    this.showRing(this.place);
    if (this.isPressed) {
      this.end();
      return false;
    }
    this.begin(this.place);
    this.isPressed = true;
    return true;
  }

  /** Lifts the brush if keys press it down. */
  rest(): void {
    if (this.isPressed) this.end();
  }
}
