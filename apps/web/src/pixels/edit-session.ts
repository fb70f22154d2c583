import type { Segment } from './brush.js';
import type { Surface } from './canvas-surface.js';
import { backdropOf, type Backdrop } from './compose.js';
import type { Background, Look, Stroke } from './edit.js';
import type { Size } from './frame-geometry.js';
import { LayeredPicture } from './layered-picture.js';
import type { PixelWork, View } from './pixel-messages.js';
import { renderView } from './view-renderer.js';

/** A picture that is open in the editor. Draws on the editor's canvas. */
export class EditSession {
  private backdrop: Backdrop = {};
  private background: Background | undefined;
  private look: Look;
  private kept;
  private isDue = false;

  private constructor(
    private readonly picture: LayeredPicture,
    private readonly stage: Surface,
    private view: View,
    look: Look,
  ) {
    this.look = look;
    this.kept = { left: 0, top: 0, ...picture.size };
  }

  /** Decodes both images at full size and shows them. */
  static async open({ photo, cutout, edit, ...rest }: PixelWork['open']['send']): Promise<EditSession> {
    const picture = await LayeredPicture.open(photo, cutout);
    const stage = rest.canvas.getContext('2d');
    if (stage === null) throw new TypeError('no context');
    const session = new EditSession(picture, stage, rest.view, edit.look);
    await session.apply(edit.strokes, edit.look);
    return session;
  }

  /** Size of the whole picture. */
  get size(): Size {
    return this.picture.size;
  }

  /** Applies strokes and look in place of the previous ones. Returns the size of the saved image. */
  async apply(strokes: readonly Stroke[], look: Look): Promise<Size> {
    this.picture.apply(strokes);
    this.look = look;
    if (this.background !== look.background || look.background.kind === 'none') {
      this.backdrop = await backdropOf(look);
      this.background = look.background;
    }
    this.kept = look.crop ? this.picture.subject() : { left: 0, top: 0, ...this.picture.size };
    this.draw();
    return { width: this.kept.width, height: this.kept.height };
  }

  /** Continues a stroke. */
  extend(id: number, segment: Segment): void {
    this.picture.extend(id, segment);
    this.draw();
  }

  /** Shows another view. */
  show(view: View): void {
    this.view = view;
    this.draw();
  }

  /** Draws at most once per frame. */
  private draw(): void {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      const { picture, backdrop, kept } = this;
      renderView(this.stage, { picture, backdrop, kept, shadow: this.look.shadow }, this.view);
    });
  }
}
