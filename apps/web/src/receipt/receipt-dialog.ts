import { button, element, saveFile } from '../dom-element.js';
import type { TextKey } from '../i18n/en-words.js';
import { setText } from '../i18n/page-words.js';
import type { Param } from '../i18n/i18n.js';
import { checkReceipt, claimsOf } from './receipt-reader.js';

function row(title: TextKey, value: Param): HTMLElement {
  const description = typeof value === 'string' ? element('dd', { text: value }) : element('dd');
  if (typeof value !== 'string') setText(description, 'receipt.value', { value });
  return element('div', {}, [element('dt', { say: title }), description]);
}

function factsOf(receipt: string): HTMLElement[] {
  const claims = claimsOf(receipt);
  return [
    row('receipt.state', { say: `receipt.state.${claims.state}` }),
    row('receipt.accepted', { moment: new Date(claims.accepted_at) }),
    row('receipt.purged', { moment: new Date(claims.purged_at) }),
    row('receipt.input', { bytes: claims.input_bytes }),
    row('receipt.output', { bytes: claims.output_bytes }),
    row('receipt.keys', claims.keys_removed),
    row('receipt.id', claims.jti),
  ];
}

/** Shows a deletion receipt, checks its signature, and offers a download. */
export function openReceipt(dialog: HTMLDialogElement, receipt: string, photoName: string): void {
  const name = `${photoName.replace(/\.[^.]{1,5}$/, '')}-receipt.jws`;
  const result = element('p', { className: 'verdict', attributes: { role: 'status' } });
  setText(result, 'receipt.checking');
  const save = button({ say: 'receipt.save', className: 'button primary' }, () =>
    saveFile(new Blob([receipt], { type: 'application/jose' }), name),
  );
  const close = button({ say: 'close' }, () => dialog.close());
  dialog.replaceChildren(
    element('h2', { say: 'receipt.title', attributes: { id: 'receipt-title' } }),
    element('p', { say: 'receipt.lead', className: 'lead' }),
    element('dl', {}, factsOf(receipt)),
    result,
    element('div', { className: 'actions' }, [save, close]),
  );
  dialog.showModal();
  void checkReceipt(receipt).then((found) => {
    result.dataset['verdict'] = found;
    setText(result, `receipt.${found}`);
  });
}
