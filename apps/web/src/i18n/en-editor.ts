import type { Message } from './message.js';

/** Texts of the editor. */
export const EN_EDITOR = {
  'zoom.in': 'Zoom in',
  'zoom.out': 'Zoom out',
  'zoom.fit': 'Fit',
  'zoom.full': '1:1',
  'zoom.level': '{percent}%',
  original: 'Show original',
  'tool.label': 'Tool',
  'tool.move': 'Move',
  'tool.keep': 'Restore',
  'tool.erase': 'Erase',
  'brush.size': 'Brush size',
  'brush.down': 'Brush down',
  'brush.up': 'Brush up',
  undo: 'Undo',
  redo: 'Redo',
} as const satisfies Record<string, Message>;
