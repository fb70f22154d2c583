import type { Size } from '../pixels/frame-geometry.js';
import { ZoomView, type FromCenter } from './zoom-view.js';

const WHEEL_RATE = 0.0022;
/** Trackpad pinches arrive as wheel events with Ctrl and much smaller deltas. */
const PINCH_RATE = 0.012;
/** Pixels per line, for wheel events in lines. */
const LINE_PX = 24;
/** Zoom of a double click. */
const CLICK_ZOOM = 3;
/** Factor of a key. */
const KEY_ZOOM = 1.4;

const sizeOf = ({ clientWidth, clientHeight }: HTMLElement): Size => ({
  width: clientWidth,
  height: clientHeight,
});

/**
 * Zoom of a card's picture by wheel, pinch, double click and keys, and panning while it is zoomed. A wheel over a fitted
 * picture scrolls the page, unless the pointer has moved on the picture since the page was scrolled.
 */
export class PictureZoom {
  private readonly view = new ZoomView();
  private readonly pointers = new Map<number, FromCenter>();
  private isOn = false;
  /** Scroll position of the page at the last movement of the pointer on the picture. */
  private movedAt: number | undefined;

  /**
   * @param stage clips the picture
   * @param picture the element that is zoomed
   * @param onZoom called with the zoom; 1 fits
   */
  constructor(
    private readonly stage: HTMLElement,
    private readonly picture: HTMLElement,
    private readonly onZoom: (zoom: number) => void,
  ) {
    stage.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
    stage.addEventListener('dblclick', (event) => this.doubleClick(event));
    stage.addEventListener('pointerdown', (event) => this.down(event));
    stage.addEventListener('pointermove', (event) => this.move(event));
    for (const name of ['pointerup', 'pointercancel'] as const)
      stage.addEventListener(name, ({ pointerId }) => this.pointers.delete(pointerId));
    stage.addEventListener('pointerleave', () => (this.movedAt = undefined));
  }

  /** Allows or forbids to zoom. */
  enable(isOn: boolean): void {
    this.isOn = isOn;
    this.fit();
  }

  /** Fits the picture. */
  fit(): void {
    this.view.fit();
    this.apply();
  }

  /** Zooms around the center. */
  step(isIn: boolean): void {
    this.zoomBy(isIn ? KEY_ZOOM : 1 / KEY_ZOOM);
  }

  private zoomBy(factor: number, at?: FromCenter): void {
    if (!this.isOn) return;
    this.view.zoomBy(factor, sizeOf(this.picture), sizeOf(this.stage), at);
    this.apply();
  }

  private apply(): void {
    const { zoom, x, y, isZoomed } = this.view;
    this.stage.style.setProperty('--zoom', String(zoom));
    this.stage.style.setProperty('--x', `${x}px`);
    this.stage.style.setProperty('--y', `${y}px`);
    this.stage.toggleAttribute('data-zoomed', isZoomed);
    // A drag pans a zoomed picture; otherwise it takes the image out of the page.
    for (const image of this.picture.querySelectorAll<HTMLImageElement>('.result'))
      image.draggable = !isZoomed;
    this.onZoom(zoom);
  }

  private placeOf({ clientX, clientY }: MouseEvent): FromCenter {
    const { left, top, width, height } = this.stage.getBoundingClientRect();
    return { x: clientX - left - width / 2, y: clientY - top - height / 2 };
  }

  private wheel(event: WheelEvent): void {
    const isDeliberate = this.movedAt === scrollY && event.deltaY < 0;
    const mayZoom = event.ctrlKey || this.view.isZoomed || isDeliberate;
    if (!this.isOn || !mayZoom) return;
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1);
    const rate = event.ctrlKey ? PINCH_RATE : WHEEL_RATE;
    this.zoomBy(Math.exp(-pixels * rate), this.placeOf(event));
    // A wheel that has fitted the picture goes on to scroll the page.
    if (!this.view.isZoomed) this.movedAt = undefined;
  }

  private doubleClick(event: MouseEvent): void {
    if (this.view.isZoomed) this.fit();
    else this.zoomBy(CLICK_ZOOM, this.placeOf(event));
  }

  private down(event: PointerEvent): void {
    if (!this.isOn || event.button !== 0) return;
    this.pointers.set(event.pointerId, this.placeOf(event));
    if (this.view.isZoomed) this.stage.setPointerCapture(event.pointerId);
  }

  private move(event: PointerEvent): void {
    this.movedAt = scrollY;
    const before = this.pointers.get(event.pointerId);
    if (before === undefined) return;
    const now = this.placeOf(event);
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other !== undefined) this.pinch(before, now, other);
    else if (this.view.isZoomed) this.moveBy(now.x - before.x, now.y - before.y);
    this.pointers.set(event.pointerId, now);
  }

  private pinch(before: FromCenter, now: FromCenter, other: FromCenter): void {
    const spread = ({ x, y }: FromCenter): number => Math.hypot(x - other.x, y - other.y);
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
    this.moveBy((now.x - before.x) / 2, (now.y - before.y) / 2);
    this.zoomBy(spread(now) / Math.max(1, spread(before)), middle);
  }

  private moveBy(dx: number, dy: number): void {
    this.view.moveTo(this.view.x + dx, this.view.y + dy, sizeOf(this.picture), sizeOf(this.stage));
    this.apply();
  }
}
