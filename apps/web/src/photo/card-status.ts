import { button, element } from '../dom-element.js';
import type { TextKey } from '../i18n/en-words.js';
import { clearText, label, setText } from '../i18n/page-words.js';
import { icon } from '../icons.js';
import { checkText, isInProgress, percentOf, purgeText, statusText, type PhotoState } from './photo-state.js';

/** How long a message stays. */
const NOTICE_MS = 8_000;

/** Callbacks of the links in the texts. */
export interface StatusActions {
  /** Opens a result that should be checked. */
  onOpen: () => void;
  onReceipt: () => void;
}

/** The texts of a card: status, progress, what to do, what to check, and the deletion. */
export class CardStatus {
  readonly element: HTMLElement;
  readonly facts = element('p', { className: 'facts' });
  /** The line about the deletion: "Deleted at 11:58, proof". */
  readonly deletion: HTMLElement;
  private readonly status = element('p', { className: 'status', attributes: { role: 'status' } });
  private readonly bar = element('progress', { attributes: { max: '100' } });
  private readonly percent = element('span', { className: 'percent', attributes: { 'aria-hidden': 'true' } });
  private readonly next = element('p', { className: 'next' });
  private readonly check: HTMLElement;
  private readonly reason = element('span', { attributes: { role: 'status' } });
  private readonly open: HTMLButtonElement;
  private readonly purge = element('span', { attributes: { role: 'status' } });
  private readonly proof: HTMLElement;
  private readonly notice = element('p', { className: 'card-notice', attributes: { role: 'status' } });
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(name: string, actions: StatusActions) {
    label(this.bar, 'progress.of', { name });
    this.open = button({ say: 'check.open', className: 'link' }, actions.onOpen);
    label(this.open, 'check.open.of', { name });
    const title = element('b', { say: 'check.title' });
    const text = element('p');
    text.append(title, ' ', this.reason, ' ', this.open);
    this.check = element('div', { className: 'check' }, [icon('triangle-alert'), text]);
    const receipt = button({ say: 'proof', className: 'link' }, actions.onReceipt);
    label(receipt, 'proof.of', { name });
    this.proof = element('span', { text: ', ' }, [receipt]);
    const deletion = element('span', {}, [this.purge, this.proof]);
    this.deletion = element('p', { className: 'deletion' }, [icon('shield-check'), deletion]);
    const line = element('div', { className: 'status-line' }, [this.status, this.percent]);
    this.element = element('div', { className: 'state' }, [
      line,
      this.bar,
      this.next,
      this.check,
      this.notice,
    ]);
  }

  /** Shows the texts of a state. */
  show(state: PhotoState): void {
    setText(this.status, ...statusText(state));
    // What a finished card says is seen: its result.
    this.status.classList.toggle('unseen', state.phase === 'done');
    if (state.phase === 'failed') setText(this.next, state.advice.next);
    else clearText(this.next);
    this.showProgress(state);
    this.showCheck(state);
    this.showDeletion(state);
  }

  /** Shows a message for a few seconds. @param isSeen false if it is only for screen readers */
  notify(key: TextKey, isSeen = true): void {
    setText(this.notice, key);
    this.notice.classList.toggle('unseen', !isSeen);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.clearNotice(), NOTICE_MS);
  }

  /** Ends the message. */
  clearNotice(): void {
    clearText(this.notice);
  }

  private showProgress(state: PhotoState): void {
    const percent = percentOf(state);
    this.bar.hidden = !isInProgress(state);
    if (percent === undefined) {
      this.bar.removeAttribute('value');
      clearText(this.percent);
    } else {
      this.bar.value = percent;
      setText(this.percent, 'percent', { percent: Math.round(percent) });
    }
  }

  private showCheck(state: PhotoState): void {
    const text = state.phase === 'done' ? checkText(state.cutout) : undefined;
    this.check.hidden = text === undefined;
    if (text === undefined) clearText(this.reason);
    else setText(this.reason, ...text);
  }

  private showDeletion(state: PhotoState): void {
    const receipt =
      state.phase === 'done'
        ? state.purge.known && state.purge.receipt
        : state.phase === 'failed' && state.receipt;
    const isKnown = state.phase === 'done' ? state.purge.known : Boolean(receipt);
    this.deletion.hidden = state.phase !== 'done' && !receipt;
    this.deletion.dataset['known'] = String(isKnown);
    this.proof.hidden = !receipt;
    if (state.phase === 'done') setText(this.purge, ...purgeText(state.purge));
    else if (receipt) setText(this.purge, 'purge.failed');
    else clearText(this.purge);
  }
}
