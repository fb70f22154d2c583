import type { ReceiptClaims } from '#contracts/receipt-claims.js';
import { button, element, saveFile } from '../dom-element.js';
import type { TextKey } from '../i18n/en-words.js';
import { setText } from '../i18n/page-words.js';
import type { Param } from '../i18n/i18n.js';
import { icon, type IconName } from '../icons.js';
import { checkReceipt, claimsOf, KEYS_PATH, type SignatureStatus } from './receipt-reader.js';

const VERDICT_ICONS: Readonly<Record<SignatureStatus, IconName>> = {
  valid: 'badge-check',
  invalid: 'triangle-alert',
  unchecked: 'circle-alert',
};

function row(title: TextKey, value: Param): HTMLElement {
  const description = typeof value === 'string' ? element('dd', { text: value }) : element('dd');
  if (typeof value !== 'string') setText(description, 'receipt.value', { value });
  return element('div', {}, [element('dt', { say: title }), description]);
}

/** The claims, with units for people. */
function factsOf(claims: ReceiptClaims): HTMLElement {
  const accepted = new Date(claims.accepted_at);
  const purged = new Date(claims.purged_at);
  const rows = [
    row('receipt.state', { say: `receipt.state.${claims.state}` }),
    row('receipt.accepted', { moment: accepted }),
    row('receipt.purged', { moment: purged }),
    row('receipt.held', { ms: purged.getTime() - accepted.getTime() }),
    row('receipt.input', { bytes: claims.input_bytes }),
    row('receipt.output', { bytes: claims.output_bytes }),
    row('receipt.keys', claims.keys_removed),
    row('receipt.issuer', claims.iss),
  ];
  const id = row('receipt.id', claims.jti);
  id.className = 'code';
  return element('dl', {}, [...rows, id]);
}

/** State of the signature: an icon and a text, which change when the check ends. */
function verdictOf(receipt: string): HTMLElement {
  const text = element('span', { say: 'receipt.checking' });
  const verdict = element('p', { className: 'verdict', attributes: { role: 'status' } }, [text]);
  void checkReceipt(receipt).then((found) => {
    verdict.dataset['verdict'] = found;
    verdict.prepend(icon(VERDICT_ICONS[found]));
    setText(text, `receipt.${found}`);
  });
  return verdict;
}

/** A heading that opens its content. Closed at first. */
function folded(title: TextKey, content: HTMLElement[]): HTMLElement {
  return element('details', {}, [element('summary', { say: title }), ...content]);
}

/** A file name as one word of a shell. */
const quoted = (name: string): string =>
  /^[\w.][\w.-]*$/.test(name) ? name : `'./${name.replaceAll("'", "'\\''")}'`;

/** How to check the receipt without this page. */
function instructions(fileName: string): HTMLElement {
  const command = `removebg verify ${quoted(fileName)} --server ${location.origin}`;
  // In a tab of its own: leaving this one would lose the photos.
  const attributes = { href: KEYS_PATH, target: '_blank', rel: 'noopener' };
  const keys = element('a', { say: 'receipt.elsewhere.keys', attributes });
  return folded('receipt.elsewhere', [
    element('p', { say: 'receipt.elsewhere.command' }),
    element('pre', { text: command, attributes: { tabindex: '0', dir: 'ltr' } }),
    element('p', { say: 'receipt.elsewhere.other' }),
    element('p', {}, [keys]),
  ]);
}

const signedText = (receipt: string): HTMLElement =>
  folded('receipt.raw', [
    element('p', { say: 'receipt.raw.about' }),
    element('pre', { text: receipt, attributes: { tabindex: '0', dir: 'ltr' } }),
  ]);

function copyButton(receipt: string): HTMLButtonElement {
  const copy = button({ say: 'receipt.copy', icon: 'copy' }, () => {
    void navigator.clipboard.writeText(receipt).then(
      () => setText(copy, 'receipt.copied'),
      () => setText(copy, 'receipt.copy.failed'),
    );
  });
  copy.setAttribute('aria-live', 'polite');
  // Without a secure context there is no clipboard.
  copy.hidden = !('clipboard' in navigator);
  return copy;
}

/** Shows a deletion receipt: what it says, whether its signature is valid, and how to check it elsewhere. */
export function openReceipt(dialog: HTMLDialogElement, receipt: string, photoName: string): void {
  const name = `${photoName.replace(/\.[^.]{1,5}$/, '')}-receipt.jws`;
  const claims = claimsOf(receipt);
  const save = button({ say: 'receipt.save', icon: 'download', className: 'button primary' }, () =>
    saveFile(new Blob([receipt], { type: 'application/jose' }), name),
  );
  const close = button({ icon: 'x', label: ['close'], className: 'button icon-only quiet' }, () =>
    dialog.close(),
  );
  const lead = element('p', { className: 'lead' });
  setText(lead, `receipt.lead.${claims.state}`, { name: photoName });
  dialog.replaceChildren(
    element('div', { className: 'receipt-head' }, [
      element('h2', { say: 'receipt.title', icon: 'shield-check', attributes: { id: 'receipt-title' } }),
      close,
    ]),
    lead,
    verdictOf(receipt),
    factsOf(claims),
    element('div', { className: 'actions' }, [save, copyButton(receipt)]),
    instructions(name),
    signedText(receipt),
  );
  dialog.showModal();
}
