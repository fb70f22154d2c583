import type { EN_RECEIPT } from './en-receipt.js';
import type { Message } from './message.js';

/** Texts of the deletion receipt in Bengali. */
export const BN_RECEIPT: Readonly<Record<keyof typeof EN_RECEIPT, Message>> = {
  'receipt.open': 'রসিদ',
  'receipt.open.of': '{name}-এর রসিদ',
  'receipt.title': 'মুছে ফেলার প্রমাণ',
  'receipt.lead.delivered':
    '{name}-এর ফল আপনাকে পাঠিয়ে আমরা দুটোই মুছে ফেলেছি। এগুলোর কোনো অংশই যে আর নেই, এটি আমাদের সেই স্বাক্ষরিত বিবৃতি।',
  'receipt.lead.failed':
    '{name}-এর কাজ শেষ করা যায়নি, আমরা তা মুছে ফেলেছি। এর কোনো অংশই যে আর নেই, এটি আমাদের সেই স্বাক্ষরিত বিবৃতি।',
  'receipt.lead.cancelled':
    'আপনি {name} বাতিল করেছেন, আমরা তা মুছে ফেলেছি। এর কোনো অংশই যে আর নেই, এটি আমাদের সেই স্বাক্ষরিত বিবৃতি।',
  'receipt.lead.expired':
    '{name}-এর ফল কেউ নেয়নি, তাই আমরা দুটোই মুছে ফেলেছি। এগুলোর কোনো অংশই যে আর নেই, এটি আমাদের সেই স্বাক্ষরিত বিবৃতি।',
  'receipt.state': 'পরিণতি',
  'receipt.state.delivered': 'পৌঁছে দেওয়া হয়েছে',
  'receipt.state.failed': 'হয়নি',
  'receipt.state.cancelled': 'বাতিল হয়েছে',
  'receipt.state.expired': 'মেয়াদ ফুরিয়েছে',
  'receipt.accepted': 'পাওয়া গেছে',
  'receipt.purged': 'মুছে ফেলা হয়েছে',
  'receipt.held': 'আমাদের মেমোরিতে ছিল সর্বোচ্চ',
  'receipt.input': 'ছবির আকার',
  'receipt.output': 'ফলের আকার',
  'receipt.keys': 'মুছে ফেলা এনক্রিপ্ট করা অংশ',
  'receipt.issuer': 'প্রদানকারী',
  'receipt.value': '{value}',
  'receipt.id': 'কাজের নম্বর',
  'receipt.checking': 'স্বাক্ষর যাচাই হচ্ছে',
  'receipt.valid': 'স্বাক্ষর সঠিক। এই ব্রাউজারেই যাচাই করা।',
  'receipt.invalid': 'স্বাক্ষর সঠিক নয়। এই রসিদে ভরসা করবেন না।',
  'receipt.unchecked': 'আপনার ব্রাউজার স্বাক্ষর যাচাই করতে পারে না। রসিদটি রেখে অন্য কোথাও যাচাই করুন।',
  'receipt.save': 'রসিদ রাখুন',
  'receipt.copy': 'স্বাক্ষরিত লেখা কপি করুন',
  'receipt.copied': 'কপি হয়েছে',
  'receipt.copy.failed': 'কপি করার অনুমতি নেই',
  'receipt.elsewhere': 'এই পাতা ছাড়াই যাচাই করুন',
  'receipt.elsewhere.command': 'রসিদটি রাখুন, তারপর এই কমান্ড চালান:',
  'receipt.elsewhere.other':
    'Ed25519 স্বাক্ষরের JWS পড়তে পারে এমন যেকোনো প্রোগ্রামও তা যাচাই করতে পারে। তার লাগবে এই সেবার প্রকাশিত চাবি। চাবি বদলাতে পারে, তাই রসিদের সঙ্গে তা রেখে দিন।',
  'receipt.elsewhere.keys': 'প্রকাশিত চাবি',
  'receipt.raw': 'স্বাক্ষরিত লেখা',
  'receipt.raw.about': 'একটি JSON Web Signature (RFC 7515)। এতে ওপরের তথ্যগুলো আছে, আপনার ছবির কিছু নেই।',
  close: 'বন্ধ করুন',
};
