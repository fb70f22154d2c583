import { element } from '../dom-element.js';
import { PixelWorkerClient } from '../pixels/pixel-worker-client.js';
import type { Edit, Stroke } from '../pixels/edit.js';
import type { Size } from '../pixels/frame-geometry.js';
import type { Pair, View } from '../pixels/pixel-messages.js';
import { label } from '../i18n/page-words.js';
import type { Place } from './stage-gestures.js';
import { ViewPort } from './view-port.js';

const TOKENS = ['--check-a', '--check-b', '--sunken'] as const;

/** The picture in the editor, at full size, drawn by a worker of its own that ends with the editor. */
export class EditorStage {
  readonly element: HTMLElement;
  private readonly canvas = element('canvas', { attributes: { 'aria-hidden': 'true' } });
  private readonly ring = element('span', { className: 'ring', attributes: { 'aria-hidden': 'true' } });
  private readonly darkroom = new PixelWorkerClient();
  private readonly sizes = new ResizeObserver(() => this.resized());
  private readonly scheme = matchMedia('(prefers-color-scheme: dark)');
  private port: ViewPort | undefined;
  private split = 0;
  private isDue = false;

  /** @param onView is told the zoom, device pixels for a pixel */
  constructor(private readonly onView: (scale: number) => void) {
    // A picture that is worked on by keys: screen readers must let them through.
    const attributes = { role: 'application', tabindex: '0' };
    this.ring.hidden = true;
    this.element = element('div', { className: 'canvas', attributes }, [this.canvas, this.ring]);
    label(this.element, 'editor.stage');
    this.scheme.addEventListener('change', this.redraw);
  }

  /** Opens a picture. @throws PixelProblem */
  async open({ photo, cutout }: Pair, edit: Edit): Promise<void> {
    const canvas = this.canvas.transferControlToOffscreen();
    const view = this.viewOf(new ViewPort({ width: 1, height: 1 }, this.room()));
    const size = await this.darkroom.do('open', { photo, cutout, edit, canvas, view }, [canvas]);
    this.port = new ViewPort(size, this.room());
    this.sizes.observe(this.element);
    this.redraw();
  }

  /** What the view is changed with; does nothing before a picture is open. */
  view(change: (port: ViewPort) => void): void {
    if (this.port === undefined) return;
    change(this.port);
    this.redraw();
  }

  /** Zooms by a factor, around a place of the stage, or its middle. */
  zoomBy(factor: number, at?: Place): void {
    const ratio = devicePixelRatio;
    this.view((port) => {
      if (at === undefined) port.zoomTo(port.scale * factor);
      else port.zoomTo(port.scale * factor, at.x * ratio, at.y * ratio);
    });
  }

  /** Moves the picture, in CSS pixels. */
  moveBy(dx: number, dy: number): void {
    this.view((port) => port.moveBy(dx * devicePixelRatio, dy * devicePixelRatio));
  }

  /** Shows the original over a part of the picture, from its left. */
  showSplit(part: number): void {
    this.split = part;
    this.redraw();
  }

  /** The place of the picture under a place of the stage. */
  toPicture({ x, y }: Place): readonly [x: number, y: number] {
    return this.port?.toPicture(x * devicePixelRatio, y * devicePixelRatio) ?? [0, 0];
  }

  /** Pixels of the picture that a CSS pixel covers now. */
  get pixelsPerCss(): number {
    return devicePixelRatio / (this.port?.scale ?? 1);
  }

  /** Middle of the stage, in CSS pixels. */
  get middle(): Place {
    return { x: this.element.clientWidth / 2, y: this.element.clientHeight / 2 };
  }

  /** Paints a piece of a stroke. */
  paint(id: number, piece: Omit<Stroke, 'id'>): void {
    this.darkroom.tell({ note: 'extend', id, piece });
  }

  /** Has exactly this edit on the picture. @returns the size it would be saved in. @throws PixelProblem */
  apply({ strokes, look }: Edit): Promise<Size> {
    return this.darkroom.do('apply', { strokes, look });
  }

  /** Shows where the brush is and how wide, in CSS pixels; undefined: nowhere. */
  showRing(at: Place | undefined, diameter: number): void {
    this.ring.hidden = at === undefined;
    if (at === undefined) return;
    this.ring.style.setProperty('--x', `${at.x}px`);
    this.ring.style.setProperty('--y', `${at.y}px`);
    this.ring.style.setProperty('--size', `${diameter}px`);
  }

  /** Ends the worker and gives all pixels back. */
  close(): void {
    this.sizes.disconnect();
    this.scheme.removeEventListener('change', this.redraw);
    this.darkroom.close();
  }

  private room(): Size {
    const { clientWidth, clientHeight } = this.element;
    const px = (css: number): number => Math.max(1, Math.round(css * devicePixelRatio));
    return { width: px(clientWidth), height: px(clientHeight) };
  }

  private resized(): void {
    this.port?.resize(this.room());
    this.redraw();
  }

  /** Once a frame at most. */
  private readonly redraw = (): void => {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      if (this.port === undefined) return;
      this.darkroom.tell({ note: 'view', view: this.viewOf(this.port) });
      this.onView(this.port.scale);
    });
  };

  private viewOf({ scale, x, y }: ViewPort): View {
    const style = getComputedStyle(this.element);
    const [a = '#fff', b = '#ddd', veil = '#eee'] = TOKENS.map((token) =>
      style.getPropertyValue(token).trim(),
    );
    return { ...this.room(), scale, x, y, ratio: devicePixelRatio, split: this.split, checks: [a, b], veil };
  }
}
