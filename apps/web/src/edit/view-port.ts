import type { Size } from '../pixels/frame-geometry.js';

/** Device pixels that a pixel of the picture takes at most. */
const MAX_SCALE = 16;
/** Part of the fitting scale below which nothing gets smaller. */
const MIN_OF_FIT = 0.5;
/** Room around a fitted picture, part of the stage. */
const FIT_SHARE = 0.94;
/** How far, in parts of the stage, an edge may be moved inwards. */
const SLACK_SHARE = 0.3;

/** Where the stage looks at a picture: pure arithmetic, in device pixels. */
export class ViewPort {
  scale = 1;
  x = 0;
  y = 0;
  private isFitted = true;

  constructor(
    private readonly picture: Size,
    private stage: Size,
  ) {
    this.fit();
  }

  /** Shows the whole picture, never enlarged. */
  fit(): void {
    this.isFitted = true;
    this.scale = this.fitScale();
    this.x = (this.stage.width - this.picture.width * this.scale) / 2;
    this.y = (this.stage.height - this.picture.height * this.scale) / 2;
  }

  /** The stage has another size now: what was in its middle stays there. */
  resize(stage: Size): void {
    const [dx, dy] = [(stage.width - this.stage.width) / 2, (stage.height - this.stage.height) / 2];
    this.stage = stage;
    if (this.isFitted) this.fit();
    else this.moveBy(dx, dy);
  }

  /** Moves the picture. */
  moveBy(dx: number, dy: number): void {
    this.isFitted = false;
    this.x = this.held(this.x + dx, this.picture.width * this.scale, this.stage.width);
    this.y = this.held(this.y + dy, this.picture.height * this.scale, this.stage.height);
  }

  /** Zooms to a scale; the point of the picture under (`atX`, `atY`), the stage's middle unless told, stays put. */
  zoomTo(scale: number, atX = this.stage.width / 2, atY = this.stage.height / 2): void {
    const next = Math.min(MAX_SCALE, Math.max(this.fitScale() * MIN_OF_FIT, scale));
    const ratio = next / this.scale;
    this.scale = next;
    const [dx, dy] = [(atX - this.x) * (1 - ratio), (atY - this.y) * (1 - ratio)];
    this.moveBy(dx, dy);
  }

  /** The place of the picture that lies under a place of the stage. */
  toPicture(x: number, y: number): readonly [x: number, y: number] {
    return [(x - this.x) / this.scale, (y - this.y) / this.scale];
  }

  /** The place of the stage under which a place of the picture lies. */
  toStage(x: number, y: number): readonly [x: number, y: number] {
    return [x * this.scale + this.x, y * this.scale + this.y];
  }

  private fitScale(): number {
    const { width, height } = this.stage;
    const fit = Math.min(width / this.picture.width, height / this.picture.height) * FIT_SHARE;
    return Math.min(1, Math.max(fit, 0.01));
  }

  /** A picture that fits stays in the middle; a larger one cannot be lost from sight. */
  private held(at: number, length: number, room: number): number {
    if (length <= room) return (room - length) / 2;
    const slack = room * SLACK_SHARE;
    return Math.min(slack, Math.max(room - length - slack, at));
  }
}
