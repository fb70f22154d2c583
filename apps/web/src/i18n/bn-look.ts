import type { EN_LOOK } from './en-look.js';
import type { Message } from './message.js';

/** Texts of the controls for background, shadow, crop and format in Bengali. */
export const BN_LOOK: Readonly<Record<keyof typeof EN_LOOK, Message>> = {
  'back.label': 'পটভূমি',
  'back.none': 'স্বচ্ছ',
  'back.white': 'সাদা',
  'back.black': 'কালো',
  'back.green': 'গাঢ় সবুজ',
  'back.red': 'লাল',
  'back.sky': 'আকাশি',
  'back.own': 'নিজের পছন্দের রং',
  'back.image': 'ছবি বেছে নিন',
  'back.image.failed': 'ছবিটি পড়া গেল না। JPEG, PNG বা WebP বেছে নিন।',
  shadow: 'ছায়া',
  crop: 'মূল বিষয় অনুযায়ী ছাঁটা',
  format: 'ধরন',
  'format.png': 'PNG (মান অটুট)',
  'format.webp': 'WebP (ছোট ফাইল)',
  'format.jpg': 'JPEG (স্বচ্ছতা ছাড়া)',
  'apply.all': 'সব ছবিতে লাগান',
  'apply.all.done': '{count}টি ছবিতে লাগানো হয়েছে।',
};
