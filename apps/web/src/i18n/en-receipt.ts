import type { Message } from './message.js';

/** Texts of the deletion receipt. */
export const EN_RECEIPT = {
  'receipt.open': 'Receipt',
  'receipt.open.of': 'Receipt of {name}',
  'receipt.title': 'Deletion receipt',
  'receipt.lead': 'Our signed statement that no part of this photo remains.',
  'receipt.state': 'Outcome',
  'receipt.state.delivered': 'Delivered',
  'receipt.state.failed': 'Failed',
  'receipt.state.cancelled': 'Cancelled',
  'receipt.state.expired': 'Expired',
  'receipt.accepted': 'Received',
  'receipt.purged': 'Deleted',
  'receipt.input': 'Photo size',
  'receipt.output': 'Result size',
  'receipt.keys': 'Encrypted parts deleted',
  'receipt.value': '{value}',
  'receipt.id': 'Job ID',
  'receipt.checking': 'Checking the signature',
  'receipt.valid': 'The signature is valid',
  'receipt.invalid': 'The signature is NOT valid',
  'receipt.unchecked': 'This browser cannot check the signature. Save the receipt and check it elsewhere',
  'receipt.save': 'Save receipt',
  close: 'Close',
} as const satisfies Record<string, Message>;
