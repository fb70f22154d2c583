/** A point on the stage, in CSS pixels from its upper left corner. */
export interface Point {
  x: number;
  y: number;
}

/** Callbacks for gestures of fingers, mouse and pen. */
export interface GestureTarget {
  /** True if one pointer paints; otherwise it pans. */
  isBrush: () => boolean;
  onMove: (dx: number, dy: number) => void;
  onZoom: (factor: number, at: Point) => void;
  onStrokeBegin: (at: Point) => void;
  onStrokeMove: (at: Point) => void;
  onStrokeEnd: () => void;
  /** A second finger turned the stroke into a pinch. */
  onStrokeDrop: () => void;
  /** Position of the pointer; undefined when it leaves. */
  onHover: (at: Point | undefined) => void;
}

const WHEEL_RATE = 0.0016;
/** Trackpad pinches arrive as wheel events with Ctrl and much smaller deltas. */
const PINCH_RATE = 0.012;
/** Pixels per line, for wheel events in lines. */
const LINE_PX = 24;

/** Converts pointer and wheel events to gestures. */
export class StageGestures {
  private readonly pointers = new Map<number, Point>();
  private isPainting = false;

  constructor(
    private readonly stage: HTMLElement,
    private readonly target: GestureTarget,
  ) {
    stage.addEventListener('pointerdown', (event) => this.down(event));
    stage.addEventListener('pointermove', (event) => this.move(event));
    for (const name of ['pointerup', 'pointercancel'] as const)
      stage.addEventListener(name, (event) => this.up(event));
    stage.addEventListener('pointerleave', () => target.onHover(undefined));
    stage.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
  }

  private placeOf({ clientX, clientY }: MouseEvent): Point {
    const { left, top } = this.stage.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  private down(event: PointerEvent): void {
    if (event.button > 1) return;
    this.stage.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.placeOf(event));
    if (this.pointers.size > 1) {
      if (this.isPainting) this.target.onStrokeDrop();
      this.isPainting = false;
    } else if (this.target.isBrush() && event.button === 0) {
      this.isPainting = true;
      this.target.onStrokeBegin(this.placeOf(event));
    }
  }

  private move(event: PointerEvent): void {
    const before = this.pointers.get(event.pointerId);
    const now = this.placeOf(event);
    this.target.onHover(event.pointerType === 'touch' && before === undefined ? undefined : now);
    if (before === undefined) return;
    if (this.isPainting) {
      const places = event.getCoalescedEvents().map((one) => this.placeOf(one));
      for (const place of places.length > 0 ? places : [now]) this.target.onStrokeMove(place);
    } else if (this.pointers.size === 1) this.target.onMove(now.x - before.x, now.y - before.y);
    else this.pinch(event.pointerId, before, now);
    this.pointers.set(event.pointerId, now);
  }

  private pinch(id: number, before: Point, now: Point): void {
    const other = [...this.pointers].find(([one]) => one !== id)?.[1];
    if (other === undefined) return;
    const spread = ({ x, y }: Point): number => Math.hypot(x - other.x, y - other.y);
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
    this.target.onMove((now.x - before.x) / 2, (now.y - before.y) / 2);
    this.target.onZoom(spread(now) / Math.max(1, spread(before)), middle);
  }

  private up({ pointerId }: PointerEvent): void {
    if (!this.pointers.delete(pointerId) || !this.isPainting) return;
    this.isPainting = false;
    this.target.onStrokeEnd();
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1);
    const rate = event.ctrlKey ? PINCH_RATE : WHEEL_RATE;
    this.target.onZoom(Math.exp(-pixels * rate), this.placeOf(event));
  }
}
