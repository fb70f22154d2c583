import type { Segment } from './brush.js';
import type { Surface } from './canvas-surface.js';
import type { Look, Stroke } from './edit.js';
import type { Rect, Size } from './frame-geometry.js';
import { LayeredPicture } from './layered-picture.js';
import { LookLayers, type Scene } from './look-layers.js';
import type { PixelWork, View } from './pixel-messages.js';
import { renderView } from './view-renderer.js';

/** A picture that is open in the editor. Draws on the editor's canvas. */
export class EditSession {
  private readonly layers: LookLayers;
  private scene: Scene;
  private isDue = false;

  private constructor(
    private readonly picture: LayeredPicture,
    private readonly stage: Surface,
    private view: View,
  ) {
    this.layers = new LookLayers(picture);
    this.scene = { kept: { left: 0, top: 0, ...picture.size }, backdrop: {}, shadow: undefined };
  }

  /** Decodes both images at full size and shows them. */
  static async open({ photo, cutout, edit, ...rest }: PixelWork['open']['send']): Promise<EditSession> {
    const picture = await LayeredPicture.open(photo, cutout);
    const stage = rest.canvas.getContext('2d');
    if (stage === null) throw new TypeError('no context');
    const session = new EditSession(picture, stage, rest.view);
    await session.apply(edit.strokes, edit.look);
    return session;
  }

  /** Size of the whole picture. */
  get size(): Size {
    return this.picture.size;
  }

  /** Applies strokes and look in place of the previous ones. Returns the canvas of the result, in pixels of the picture. */
  async apply(strokes: readonly Stroke[], look: Look): Promise<Rect> {
    await this.picture.apply(strokes);
    this.scene = await this.layers.prepare(
      look,
      strokes.map(({ id }) => id),
    );
    this.draw();
    return this.scene.kept;
  }

  /** The canvas of the result, in pixels of the picture. */
  get kept(): Rect {
    return this.scene.kept;
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
      renderView(this.stage, { picture: this.picture, scene: this.scene }, this.view);
    });
  }
}
