import { element } from '../dom-element.js';
import { PixelWorkerClient } from '../pixels/pixel-worker-client.js';
import type { Edit, Stroke } from '../pixels/edit.js';
import type { Size } from '../pixels/frame-geometry.js';
import type { Pair, View } from '../pixels/pixel-messages.js';
import { label } from '../i18n/page-words.js';
import type { Point } from './stage-gestures.js';
import { ViewPort, type StageSize } from './view-port.js';

const TOKENS = ['--check-a', '--check-b', '--sunken'] as const;

/** The picture in the editor at full size. Its own worker draws it and ends with the editor. */
export class EditorStage {
  readonly element: HTMLElement;
  private readonly canvas = element('canvas', { attributes: { 'aria-hidden': 'true' } });
  private readonly ring = element('span', { className: 'ring', attributes: { 'aria-hidden': 'true' } });
  private readonly pixelWorker = new PixelWorkerClient();
  private readonly sizes = new ResizeObserver(() => this.resized());
  private readonly scheme = matchMedia('(prefers-color-scheme: dark)');
  private readonly ground = new MutationObserver(() => this.redraw());
  private port: ViewPort | undefined;
  private split = 0;
  private isDue = false;

  /** @param onView called with the zoom: device pixels per picture pixel */
  constructor(private readonly onView: (scale: number) => void) {
    // The role makes screen readers pass keys through to the editor.
    const attributes = { role: 'application', tabindex: '0' };
    this.ring.hidden = true;
    this.element = element('div', { className: 'canvas', attributes }, [this.canvas, this.ring]);
    label(this.element, 'editor.stage');
    this.scheme.addEventListener('change', this.redraw);
    // The reader switches the checkerboard.
    this.ground.observe(document.body, { attributeFilter: ['data-ground'] });
  }

  /** Opens a picture. @throws PixelProblem */
  async open({ photo, cutout }: Pair, edit: Edit): Promise<void> {
    const canvas = this.canvas.transferControlToOffscreen();
    const view = this.viewOf(new ViewPort({ width: 1, height: 1 }, this.viewSize()));
    const size = await this.pixelWorker.do('open', { photo, cutout, edit, canvas, view }, [canvas]);
    this.port = new ViewPort(size, this.stageSize());
    this.port.include(size.kept);
    this.sizes.observe(this.element);
    this.redraw();
  }

  /** Changes the view. Does nothing before a picture is open. */
  view(change: (port: ViewPort) => void): void {
    if (this.port === undefined) return;
    change(this.port);
    this.redraw();
  }

  /** Zooms by a factor around a point of the stage. Default: its center. */
  zoomBy(factor: number, at?: Point): void {
    const ratio = devicePixelRatio;
    this.view((port) => {
      if (at === undefined) port.zoomTo(port.scale * factor);
      else port.zoomTo(port.scale * factor, at.x * ratio, at.y * ratio);
    });
  }

  /** Pans the picture, in CSS pixels. */
  moveBy(dx: number, dy: number): void {
    this.view((port) => port.moveBy(dx * devicePixelRatio, dy * devicePixelRatio));
  }

  /** Shows the original in place of the result, or the result again. */
  showOriginal(isOriginal: boolean): void {
    this.split = isOriginal ? 1 : 0;
    this.redraw();
  }

  /** Converts a point of the stage to picture coordinates. */
  toPicture({ x, y }: Point): readonly [x: number, y: number] {
    return this.port?.toPicture(x * devicePixelRatio, y * devicePixelRatio) ?? [0, 0];
  }

  /** Picture pixels per CSS pixel. */
  get pixelsPerCss(): number {
    return devicePixelRatio / (this.port?.scale ?? 1);
  }

  /** Center of the stage, in CSS pixels. */
  get middle(): Point {
    return { x: this.element.clientWidth / 2, y: this.element.clientHeight / 2 };
  }

  /** Paints a part of a stroke. */
  paint(id: number, segment: Omit<Stroke, 'id'>): void {
    this.pixelWorker.notify({ note: 'extend', id, segment });
  }

  /** Applies an edit in place of the previous one. Returns the size of the saved image. @throws PixelProblem */
  async apply({ strokes, look }: Edit): Promise<Size> {
    const canvas = await this.pixelWorker.do('apply', { strokes, look });
    this.view((port) => port.include(canvas));
    return canvas;
  }

  /** Shows the outline of the brush, in CSS pixels; hides it for undefined. */
  showRing(at: Point | undefined, diameter: number): void {
    this.ring.hidden = at === undefined;
    if (at === undefined) return;
    this.ring.style.setProperty('--x', `${at.x}px`);
    this.ring.style.setProperty('--y', `${at.y}px`);
    this.ring.style.setProperty('--size', `${diameter}px`);
  }

  /** Ends the worker and frees its memory. */
  close(): void {
    this.sizes.disconnect();
    this.ground.disconnect();
    this.scheme.removeEventListener('change', this.redraw);
    this.pixelWorker.close();
  }

  private viewSize(): Size {
    const { clientWidth, clientHeight } = this.element;
    const px = (css: number): number => Math.max(1, Math.round(css * devicePixelRatio));
    return { width: px(clientWidth), height: px(clientHeight) };
  }

  /** The size of the stage, without the part that controls cover. */
  private stageSize(): StageSize {
    const covered = parseFloat(getComputedStyle(this.element).scrollPaddingBlockEnd) || 0;
    return { ...this.viewSize(), covered: covered * devicePixelRatio };
  }

  private resized(): void {
    this.port?.resize(this.stageSize());
    this.redraw();
  }

  /** Redraws at most once per frame. */
  private readonly redraw = (): void => {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      if (this.port === undefined) return;
      this.pixelWorker.notify({ note: 'view', view: this.viewOf(this.port) });
      this.onView(this.port.scale);
    });
  };

  private viewOf({ scale, x, y }: ViewPort): View {
    const style = getComputedStyle(this.element);
    const [a = '#fff', b = '#ddd', veil = '#eee'] = TOKENS.map((token) =>
      style.getPropertyValue(token).trim(),
    );
    return {
      ...this.viewSize(),
      scale,
      x,
      y,
      ratio: devicePixelRatio,
      split: this.split,
      checks: [a, b],
      veil,
    };
  }
}
