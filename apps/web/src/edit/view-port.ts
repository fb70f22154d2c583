import type { Rect, Size } from '../pixels/frame-geometry.js';

/** Maximum zoom: device pixels per picture pixel. */
const MAX_SCALE = 16;
/** Minimum zoom, relative to the scale that fits the picture. */
const MIN_OF_FIT = 0.5;
/** Part of the stage that a fitted picture covers. */
const FIT_SHARE = 0.94;
/** How far an edge can be panned inwards, relative to the stage. */
const SLACK_SHARE = 0.3;

/** The room for a picture, in device pixels. */
export interface StageSize extends Size {
  /** Height at the bottom that controls cover. A fitted picture is above it. */
  covered?: number;
}

/** The visible part of a picture. Lengths in device pixels. */
export class ViewPort {
  scale = 1;
  x = 0;
  y = 0;
  private isFitted = true;
  /** What a fitted view shows, in pixels of the picture. */
  private content: Rect;

  constructor(
    private readonly picture: Size,
    private stage: StageSize,
  ) {
    this.content = { left: 0, top: 0, ...picture };
    this.fit();
  }

  /** Makes room for a canvas that may extend beyond the picture. Keeps a view that was zoomed or panned. */
  include(canvas: Rect): void {
    const left = Math.min(0, canvas.left);
    const top = Math.min(0, canvas.top);
    const right = Math.max(this.picture.width, canvas.left + canvas.width);
    const bottom = Math.max(this.picture.height, canvas.top + canvas.height);
    this.content = { left, top, width: right - left, height: bottom - top };
    if (this.isFitted) this.fit();
  }

  /** Fits the whole picture and the canvas of the result into the stage, without enlarging it. */
  fit(): void {
    this.isFitted = true;
    this.scale = this.fitScale();
    const { left, top, width, height } = this.content;
    this.x = (this.stage.width - width * this.scale) / 2 - left * this.scale;
    this.y = (this.freeHeight - height * this.scale) / 2 - top * this.scale;
  }

  /** Sets the size of the stage. Keeps its center. */
  resize(stage: StageSize): void {
    const [dx, dy] = [(stage.width - this.stage.width) / 2, (stage.height - this.stage.height) / 2];
    this.stage = stage;
    if (this.isFitted) this.fit();
    else this.moveBy(dx, dy);
  }

  /** Pans the picture. */
  moveBy(dx: number, dy: number): void {
    this.isFitted = false;
    const { left, top, width, height } = this.content;
    const [x, y] = [left * this.scale, top * this.scale];
    this.x = this.clamped(this.x + dx + x, width * this.scale, this.stage.width) - x;
    this.y = this.clamped(this.y + dy + y, height * this.scale, this.freeHeight) - y;
  }

  /** Zooms to a scale around a point of the stage. Default: its center. */
  zoomTo(scale: number, atX = this.stage.width / 2, atY = this.stage.height / 2): void {
    const next = Math.min(MAX_SCALE, Math.max(this.fitScale() * MIN_OF_FIT, scale));
    const ratio = next / this.scale;
    this.scale = next;
    const [dx, dy] = [(atX - this.x) * (1 - ratio), (atY - this.y) * (1 - ratio)];
    this.moveBy(dx, dy);
  }

  /** Converts a point of the stage to picture coordinates. */
  toPicture(x: number, y: number): readonly [x: number, y: number] {
    return [(x - this.x) / this.scale, (y - this.y) / this.scale];
  }

  /** Converts a point of the picture to stage coordinates. */
  toStage(x: number, y: number): readonly [x: number, y: number] {
    return [x * this.scale + this.x, y * this.scale + this.y];
  }

  private get freeHeight(): number {
    return this.stage.height - (this.stage.covered ?? 0);
  }

  private fitScale(): number {
    const { width } = this.stage;
    const fit = Math.min(width / this.content.width, this.freeHeight / this.content.height) * FIT_SHARE;
    return Math.min(1, Math.max(fit, 0.01));
  }

  /** Centers a picture that fits, and keeps a larger one visible. */
  private clamped(at: number, length: number, room: number): number {
    if (length <= room) return (room - length) / 2;
    const slack = room * SLACK_SHARE;
    return Math.min(slack, Math.max(room - length - slack, at));
  }
}
