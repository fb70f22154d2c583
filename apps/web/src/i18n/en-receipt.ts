import type { Message } from './message.js';

/** Texts of the deletion receipt. */
export const EN_RECEIPT = {
  'receipt.open': 'Receipt',
  'receipt.open.of': 'Receipt of {name}',
  'receipt.title': 'Proof of deletion',
  'receipt.lead.delivered':
    'We sent you the result of {name}, then deleted both. This is our signed statement that no part of them remains.',
  'receipt.lead.failed':
    'We could not finish {name} and deleted it. This is our signed statement that no part of it remains.',
  'receipt.lead.cancelled':
    'You canceled {name}, and we deleted it. This is our signed statement that no part of it remains.',
  'receipt.lead.expired':
    'Nobody fetched the result of {name}, so we deleted both. This is our signed statement that no part of them remains.',
  'receipt.state': 'Outcome',
  'receipt.state.delivered': 'Delivered',
  'receipt.state.failed': 'Failed',
  'receipt.state.cancelled': 'Canceled',
  'receipt.state.expired': 'Expired',
  'receipt.accepted': 'Received',
  'receipt.purged': 'Deleted',
  'receipt.held': 'In our memory for at most',
  'receipt.input': 'Size of the photo',
  'receipt.output': 'Size of the result',
  'receipt.keys': 'Encrypted parts deleted',
  'receipt.issuer': 'Issued by',
  'receipt.value': '{value}',
  'receipt.id': 'Job ID',
  'receipt.checking': 'Checking the signature',
  'receipt.valid': 'The signature is valid. Checked in this browser.',
  'receipt.invalid': 'The signature is NOT valid. Do not trust this receipt.',
  'receipt.unchecked': "Your browser can't check the signature. Save the receipt and check it elsewhere.",
  'receipt.save': 'Save receipt',
  'receipt.copy': 'Copy signed text',
  'receipt.copied': 'Copied',
  'receipt.copy.failed': 'Not allowed to copy',
  'receipt.elsewhere': 'Check it without this page',
  'receipt.elsewhere.command': 'Save the receipt, then run the command line tool:',
  'receipt.elsewhere.other':
    'Any program that reads JWS with Ed25519 signatures can check it too. It needs the public keys of this service. Save them beside the receipt, because the service may change them.',
  'receipt.elsewhere.keys': 'Public keys',
  'receipt.raw': 'Signed text',
  'receipt.raw.about':
    'A JSON Web Signature (RFC 7515). It contains the facts above and nothing of your photo.',
  close: 'Close',
} as const satisfies Record<string, Message>;
