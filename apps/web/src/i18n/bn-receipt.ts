import type { EN_RECEIPT } from './en-receipt.js';
import type { Message } from './message.js';

/** Texts of the deletion receipt in Bengali. */
export const BN_RECEIPT: Readonly<Record<keyof typeof EN_RECEIPT, Message>> = {
  'receipt.open': 'রসিদ',
  'receipt.open.of': '{name}-এর রসিদ',
  'receipt.title': 'মোছার রসিদ',
  'receipt.lead': 'এই ছবির কোনো অংশই যে আর নেই, আমাদের সেই স্বাক্ষরিত বিবৃতি।',
  'receipt.state': 'পরিণতি',
  'receipt.state.delivered': 'পৌঁছে দেওয়া হয়েছে',
  'receipt.state.failed': 'হয়নি',
  'receipt.state.cancelled': 'বাতিল হয়েছে',
  'receipt.state.expired': 'মেয়াদ ফুরিয়েছে',
  'receipt.accepted': 'পাওয়া গেছে',
  'receipt.purged': 'মুছে ফেলা হয়েছে',
  'receipt.input': 'ছবির আকার',
  'receipt.output': 'ফলের আকার',
  'receipt.keys': 'মুছে ফেলা এনক্রিপ্ট করা অংশ',
  'receipt.value': '{value}',
  'receipt.id': 'কাজের নম্বর',
  'receipt.checking': 'স্বাক্ষর যাচাই হচ্ছে',
  'receipt.valid': 'স্বাক্ষর সঠিক',
  'receipt.invalid': 'স্বাক্ষর সঠিক নয়',
  'receipt.unchecked': 'এই ব্রাউজারে স্বাক্ষর যাচাই করা যায় না। রসিদটি রেখে অন্য কোথাও যাচাই করুন',
  'receipt.save': 'রসিদ রাখুন',
  close: 'বন্ধ করুন',
};
