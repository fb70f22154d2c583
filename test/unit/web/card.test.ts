import { cardCommand } from '../../../apps/web/src/photo/card-keys.js';
import { isToCheck, type PhotoState } from '../../../apps/web/src/photo/photo-state.js';
import { ZoomView } from '../../../apps/web/src/photo/zoom-view.js';

const key = (name: string, facts = {}) => ({
  key: name,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  ...facts,
});

describe('given a key on a card', () => {
  const onButton = { isOnPicture: false, isOnField: false };
  const onPicture = { isOnPicture: true, isOnField: false };

  it.each([
    ['d', 'download'],
    ['C', 'copy'],
    ['s', 'share'],
    ['e', 'edit'],
    ['o', 'compare'],
    ['Delete', 'remove'],
    ['+', 'zoom-in'],
    ['-', 'zoom-out'],
    ['০', 'zoom-fit'],
    ['x', undefined],
  ])('when it is %s, then the command is %s', (name, command) => {
    expect(cardCommand(key(name), onButton)).toBe(command);
  });

  it('when a field has the focus, then the field gets it', () => {
    expect(cardCommand(key('d'), { ...onButton, isOnField: true })).toBeUndefined();
  });

  it('when it is Enter, then it opens the picture and presses other controls', () => {
    expect(cardCommand(key('Enter'), onPicture)).toBe('open');
    expect(cardCommand(key('Enter'), onButton)).toBeUndefined();
  });

  it('when Ctrl is held, then only a copy of the picture is taken from the browser', () => {
    expect(cardCommand(key('c', { ctrlKey: true }), onPicture)).toBe('copy');
    expect(cardCommand(key('c', { metaKey: true }), onButton)).toBeUndefined();
    expect(cardCommand(key('d', { ctrlKey: true }), onPicture)).toBeUndefined();
  });
});

describe('given a picture of 400 by 300 on a stage of 400 by 400', () => {
  const picture = { width: 400, height: 300 };
  const stage = { width: 400, height: 400 };

  it('when it is zoomed at a point, then this point stays in place', () => {
    const view = new ZoomView();
    view.zoomBy(4, picture, stage, { x: 100, y: -50 });
    // A point at distance d from the center of the picture is at x + zoom * d.
    expect([view.x + view.zoom * 100, view.y + view.zoom * -50]).toEqual([100, -50]);
  });

  it('when it is moved far, then its edges stop at the edges of the stage, and a side that fits is centered', () => {
    const view = new ZoomView();
    view.zoomBy(1.25, picture, stage);
    view.moveTo(900, 900, picture, stage);
    expect([view.x, view.y]).toEqual([50, 0]);
  });

  it('when it is zoomed out, then it fits again, in the center', () => {
    const view = new ZoomView();
    view.zoomBy(3, picture, stage, { x: 150, y: 0 });
    view.zoomBy(0.01, picture, stage);
    expect([view.zoom, Math.abs(view.x), Math.abs(view.y), view.isZoomed]).toEqual([1, 0, 0, false]);
  });
});

describe('given a state of a photo', () => {
  const done = (hints: ('no-subject' | 'graphics')[]): PhotoState => ({
    phase: 'done',
    cutout: { image: new Blob([]), width: 1, height: 1, hints },
    purge: { known: false, checking: true },
  });

  it('when it is done without a subject, then a person should check it', () => {
    expect(isToCheck(done(['no-subject']))).toBe(true);
    expect(isToCheck(done(['graphics']))).toBe(false);
    expect(isToCheck({ phase: 'waiting' })).toBe(false);
  });
});
