import fc from 'fast-check';
import { EditHistory } from '../../../apps/web/src/edit/edit-history.js';
import { keyCommand, type KeyFacts } from '../../../apps/web/src/edit/stage-keys.js';
import { ViewPort } from '../../../apps/web/src/edit/view-port.js';
import {
  isAsDelivered,
  isPrefixOf,
  NO_EDIT,
  PLAIN_LOOK,
  type Edit,
} from '../../../apps/web/src/pixels/edit.js';
import { coverOf, fitted, unscaled, visibleRect } from '../../../apps/web/src/pixels/frame-geometry.js';

const size = (max: number) =>
  fc.record({ width: fc.integer({ min: 1, max }), height: fc.integer({ min: 1, max }) });

describe('given a view of a picture', () => {
  it('when it is fitted, then the whole picture is visible, centered and not enlarged', () => {
    fc.assert(
      fc.property(
        size(8000),
        fc.record({
          width: fc.integer({ min: 200, max: 4000 }),
          height: fc.integer({ min: 200, max: 3000 }),
        }),
        (picture, stage) => {
          const port = new ViewPort(picture, stage);
          expect(port.scale).toBeLessThanOrEqual(1);
          expect(Math.abs(port.x * 2 + picture.width * port.scale - stage.width)).toBeLessThan(1e-6);
          if (port.scale > 0.01) expect(picture.width * port.scale).toBeLessThanOrEqual(stage.width);
        },
      ),
    );
  });

  it('when it is zoomed around a point, then that point stays in place', () => {
    const port = new ViewPort({ width: 6000, height: 4000 }, { width: 1000, height: 800 });
    port.zoomTo(0.6, 500, 400);
    const before = port.toPicture(420, 380);
    port.zoomTo(2, 420, 380);
    const after = port.toPicture(420, 380);
    expect(after[0]).toBeCloseTo(before[0], 6);
    expect(after[1]).toBeCloseTo(before[1], 6);
    expect(port.toStage(...after)[0]).toBeCloseTo(420, 6);
  });

  it('when it is panned far, then a part of the picture stays visible', () => {
    const move = fc.tuple(fc.integer({ min: -9000, max: 9000 }), fc.integer({ min: -9000, max: 9000 }));
    fc.assert(
      fc.property(
        size(8000),
        fc.array(move),
        fc.double({ min: 0.01, max: 16, noNaN: true }),
        (picture, moves, scale) => {
          const stage = { width: 900, height: 600 };
          const port = new ViewPort(picture, stage);
          port.zoomTo(scale);
          for (const [dx, dy] of moves) port.moveBy(dx, dy);
          expect(port.x).toBeLessThan(stage.width);
          expect(port.x + picture.width * port.scale).toBeGreaterThan(0);
          expect(port.y).toBeLessThan(stage.height);
          expect(port.y + picture.height * port.scale).toBeGreaterThan(0);
        },
      ),
    );
  });
});

describe('given an edit history', () => {
  const step = (hasShadow: boolean, isCropped: boolean): Edit => ({
    ...NO_EDIT,
    look: {
      ...PLAIN_LOOK,
      shadow: { kind: hasShadow ? 'soft' : 'none', strength: 60 },
      crop: { frame: isCropped ? 'subject' : 'original', margin: 5 },
    },
  });

  it('when steps are undone and redone, then each edit comes back in order', () => {
    const history = new EditHistory(NO_EDIT);
    const [first, second] = [step(true, false), step(true, true)];
    history.step(first);
    history.step(second);
    history.undo();
    expect(history.present).toBe(first);
    history.undo();
    history.undo();
    expect([history.present, history.canUndo]).toEqual([NO_EDIT, false]);
    history.redo();
    history.redo();
    expect([history.present, history.canRedo]).toEqual([second, false]);
  });

  it('when a step is added after an undo, then the undone steps are discarded', () => {
    const history = new EditHistory(NO_EDIT);
    history.step(step(true, false));
    history.undo();
    history.step(step(false, true));
    history.redo();
    expect([history.present.look.crop.frame, history.present.look.shadow.kind]).toEqual(['subject', 'none']);
  });

  it('when a step fails, then it is discarded and cannot be redone', () => {
    const history = new EditHistory(NO_EDIT);
    history.step(step(true, false));
    history.discard();
    history.discard();
    expect([history.present, history.canUndo, history.canRedo]).toEqual([NO_EDIT, false, false]);
  });

  it('when there are no edits, then the result is the delivered image', () => {
    expect(isAsDelivered(NO_EDIT)).toBe(true);
    expect(isAsDelivered(step(false, true))).toBe(false);
    expect(isAsDelivered(step(true, false))).toBe(false);
    const margin = { ...PLAIN_LOOK, crop: { ...PLAIN_LOOK.crop, margin: 12 }, quality: 70 };
    expect(isAsDelivered({ ...NO_EDIT, look: margin })).toBe(true);
    const stroke = { id: 1, mode: 'erase' as const, size: 4, points: [1, 1] };
    expect(isAsDelivered({ ...NO_EDIT, strokes: [stroke] })).toBe(false);
  });

  it('when strokes are applied, then only missing strokes are painted', () => {
    expect([isPrefixOf([1, 2], [1, 2, 3]), isPrefixOf([1, 2], [1]), isPrefixOf([1, 2], [1, 3, 2])]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('given a key', () => {
  const press = (key: string, more: Partial<KeyFacts> = {}): KeyFacts => ({
    key,
    ctrlKey: false,
    metaKey: false,
    shiftKey: false,
    ...more,
  });
  const onStage = { focus: 'stage', isBrush: false, isPointerOver: false } as const;

  it('when it is a single character, then it works everywhere but in fields that take text', () => {
    expect(keyCommand(press('+'), onStage)).toEqual({ do: 'zoom', isIn: true });
    expect(keyCommand(press('০'), { ...onStage, focus: 'control' })).toEqual({ do: 'fit' });
    expect(keyCommand(press('+'), { ...onStage, focus: 'text' })).toBeUndefined();
    expect(keyCommand(press('b'), { ...onStage, focus: 'text' })).toBeUndefined();
  });

  it('when it is a letter, then it selects a tool, on keyboards of other scripts too', () => {
    const tools = ['v', 'H', 'b', 'E'].map((key) => keyCommand(press(key), onStage));
    expect(tools).toEqual(['move', 'move', 'keep', 'erase'].map((tool) => ({ do: 'tool', tool })));
    expect(keyCommand(press('ন', { code: 'KeyB' }), onStage)).toEqual({ do: 'tool', tool: 'keep' });
    expect(keyCommand(press('ন', { code: 'Semicolon' }), onStage)).toBeUndefined();
    expect(keyCommand(press(']'), onStage)).toEqual({ do: 'size', by: 4 });
    expect(keyCommand(press('?', { shiftKey: true }), onStage)).toEqual({ do: 'help' });
    expect(keyCommand(press('PageDown'), { ...onStage, focus: 'control' })).toEqual({ do: 'next' });
  });

  it('when it is an arrow, then it pans the picture or moves the brush, and other controls keep it', () => {
    expect(keyCommand(press('ArrowLeft'), onStage)).toEqual({ do: 'move', x: -1, y: 0 });
    expect(keyCommand(press('ArrowLeft'), { ...onStage, focus: 'control' })).toBeUndefined();
    expect(keyCommand(press('ArrowUp', { shiftKey: true }), { ...onStage, isBrush: true })).toEqual({
      do: 'brush',
      x: 0,
      y: -5,
    });
    expect(keyCommand(press('ArrowUp', { ctrlKey: true }), { ...onStage, isBrush: true })).toEqual({
      do: 'move',
      x: 0,
      y: -1,
    });
  });

  it('when it is Space, then it pans with a mouse over the stage, and paints without one', () => {
    const painting = { ...onStage, isBrush: true };
    expect(keyCommand(press(' '), { ...painting, isPointerOver: true })).toEqual({ do: 'pan' });
    expect(keyCommand(press(' '), painting)).toEqual({ do: 'press' });
    expect(keyCommand(press('Enter'), { ...painting, isPointerOver: true })).toEqual({ do: 'press' });
    expect(keyCommand(press(' '), onStage)).toBeUndefined();
    expect(keyCommand(press(' '), { ...painting, focus: 'control' })).toBeUndefined();
  });

  it('when it is undo or redo, then it works everywhere', () => {
    const inText = { ...onStage, focus: 'text' } as const;
    expect(keyCommand(press('z', { ctrlKey: true }), inText)).toEqual({ do: 'undo' });
    expect(keyCommand(press('Z', { metaKey: true, shiftKey: true }), inText)).toEqual({ do: 'redo' });
    expect(keyCommand(press('c', { ctrlKey: true }), inText)).toBeUndefined();
    expect([keyCommand(press('z'), onStage), keyCommand(press('Z', { shiftKey: true }), onStage)]).toEqual([
      { do: 'undo' },
      { do: 'redo' },
    ]);
  });
});

describe('given pixels', () => {
  it('when some are visible, then their bounding box is found', () => {
    const pixels = new Uint8ClampedArray(10 * 6 * 4);
    for (const [x, y] of [
      [3, 1],
      [7, 4],
    ] as const)
      pixels[(y * 10 + x) * 4 + 3] = 200;
    pixels[3] = 20;
    expect(visibleRect(pixels, 10)).toEqual({ left: 3, top: 1, width: 5, height: 4 });
    expect(visibleRect(new Uint8ClampedArray(40), 10)).toBeUndefined();
  });

  it('when a box of a small copy is converted, then it holds the same pixels of the whole picture, within its bounds', () => {
    const whole = { width: 1000, height: 500 };
    const box = { left: 10, top: 10, width: 20, height: 20 };
    expect(unscaled(box, 0.1, whole)).toEqual({ left: 100, top: 100, width: 200, height: 200 });
    expect(unscaled({ left: 0, top: 0, width: 101, height: 51 }, 0.1, whole)).toEqual({
      left: 0,
      top: 0,
      ...whole,
    });
  });

  it('when a background fills a frame, then it keeps its proportions and is centered', () => {
    expect(coverOf({ width: 400, height: 100 }, { width: 50, height: 50 })).toEqual({
      left: 150,
      top: 0,
      width: 100,
      height: 100,
    });
    expect(fitted({ width: 6000, height: 4000 }, 1500)).toEqual({ width: 1500, height: 1000, scale: 0.25 });
    expect(fitted({ width: 60, height: 40 }, 1500).scale).toBe(1);
  });
});
