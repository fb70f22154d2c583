import type { EN_EDITOR } from './en-editor.js';
import type { Message } from './message.js';

/** Texts of the editor in Bengali. */
export const BN_EDITOR: Readonly<Record<keyof typeof EN_EDITOR, Message>> = {
  'zoom.in': 'বড় করুন',
  'zoom.out': 'ছোট করুন',
  'zoom.fit': 'পুরোটা',
  'zoom.full': '১:১',
  'zoom.level': '{percent}%',
  original: 'মূল ছবি দেখান',
  'tool.label': 'কাজ',
  'tool.move': 'সরানো',
  'tool.keep': 'ফেরানো',
  'tool.erase': 'মোছা',
  'brush.size': 'তুলির মাপ',
  'brush.down': 'তুলি নামানো',
  'brush.up': 'তুলি তোলা',
  undo: 'ফেরান',
  redo: 'আবার করুন',
};
