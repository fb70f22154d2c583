import type { EN_LIST } from './en-list.js';
import type { Message } from './message.js';

/** Texts of the list of photos in Bengali. */
export const BN_LIST: Readonly<Record<keyof typeof EN_LIST, Message>> = {
  summary: '{count}টির মধ্যে {done}টি শেষ',
  'summary.failed': '{count}টির মধ্যে {done}টি শেষ, {failed}টি হয়নি',
  'summary.left': 'আর প্রায় {time}',
  'summary.label': 'সব ছবির অগ্রগতি',
  'save.all': 'সব ডাউনলোড',
  'save.packing': '{count}টির মধ্যে {done}টি গোছানো হলো',
  'save.part.failed': '{count}টি ছবি সংরক্ষণ করা যায়নি, সেগুলো বাদ গেছে।',
  'cancel.all': 'সব বাতিল',
  'remove.all': 'সব সরান',
  'view.label': 'দেখার ধরন',
  'view.cards': 'কার্ড',
  'view.list': 'তালিকা',
  'cards.label': 'আপনার ছবি, যে ক্রমে যোগ করেছেন',
  'net.offline': 'আপনি অফলাইনে আছেন। সংযোগ ফিরলেই কাজ আবার চলবে।',
  'net.lost': 'সার্ভার সাড়া দিচ্ছে না। আবার চেষ্টা চলছে।',
  'net.back': 'সংযোগ ফিরে এসেছে।',
  'folder.skipped': '{count}টি ফাইল ছবি নয়, তাই বাদ গেছে।',
  'folder.empty': 'এই ফোল্ডারে কোনো ছবি নেই।',
};
