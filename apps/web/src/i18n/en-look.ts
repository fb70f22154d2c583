import type { Message } from './message.js';

/** Texts of the controls for background, shadow, crop and format. */
export const EN_LOOK = {
  'back.label': 'Background',
  'back.none': 'Transparent',
  'back.white': 'White',
  'back.black': 'Black',
  'back.green': 'Bottle green',
  'back.red': 'Red',
  'back.sky': 'Sky blue',
  'back.own': 'Custom color',
  'back.image': 'Choose image',
  'back.image.failed': 'This image cannot be read. Choose a JPEG, PNG or WebP.',
  shadow: 'Shadow',
  crop: 'Crop to subject',
  format: 'Format',
  'format.png': 'PNG (lossless)',
  'format.webp': 'WebP (smaller)',
  'format.jpg': 'JPEG (no transparency)',
  'apply.all': 'Apply to all',
  'apply.all.done': {
    one: 'Applied to {count} photo.',
    other: 'Applied to all {count} photos.',
  },
} as const satisfies Record<string, Message>;
