import { button, element } from '../dom-element.js';
import { clearText, label, setText } from '../i18n/page-words.js';
import { CompareSlider } from './compare-slider.js';
import { checkText, isInProgress, percentOf, purgeText, statusText, type PhotoState } from './photo-state.js';

/** Callbacks of a card's buttons. */
export interface CardActions {
  onSave: () => void;
  onEdit: () => void;
  onCancel: () => void;
  onRetry: () => void;
  onRemove: () => void;
  onReceipt: () => void;
}

/** Facts of a result. `width` and `height` in pixels. */
export interface ResultFacts {
  width: number;
  height: number;
  format: string;
  /** Absent until the image is encoded. */
  bytes?: number | undefined;
}

/** The card of one photo: preview, status and buttons. */
export class PhotoCard {
  readonly element: HTMLLIElement;
  readonly slider: CompareSlider;
  private readonly status = element('p', { className: 'status', attributes: { role: 'status' } });
  private readonly bar = element('progress', { attributes: { max: '100' } });
  private readonly percent = element('span', { className: 'percent', attributes: { 'aria-hidden': 'true' } });
  private readonly facts = element('p', { className: 'facts' });
  private readonly next = element('p', { className: 'next' });
  private readonly check = element('p', { className: 'check', attributes: { role: 'status' } });
  private readonly purge = element('p', { className: 'purge', attributes: { role: 'status' } });
  private readonly receipt: HTMLButtonElement;
  private readonly save: HTMLButtonElement;
  private readonly edit: HTMLButtonElement;
  private readonly cancel: HTMLButtonElement;
  private readonly retry: HTMLButtonElement;
  private readonly remove: HTMLButtonElement;

  constructor(
    private readonly name: string,
    actions: CardActions,
  ) {
    this.slider = new CompareSlider(name);
    this.save = button({ say: 'download', className: 'button primary' }, actions.onSave);
    this.edit = button({ say: 'edit' }, actions.onEdit);
    this.retry = button({ say: 'retry', className: 'button primary' }, actions.onRetry);
    this.cancel = button({ say: 'cancel' }, actions.onCancel);
    this.remove = button({ say: 'remove' }, actions.onRemove);
    this.receipt = button({ say: 'receipt.open', className: 'link' }, actions.onReceipt);
    // Accessible names include the photo, because all cards have the same buttons.
    label(this.save, 'download.of', { name });
    label(this.edit, 'edit.of', { name });
    label(this.retry, 'retry.of', { name });
    label(this.cancel, 'cancel.of', { name });
    label(this.remove, 'remove.of', { name });
    label(this.receipt, 'receipt.open.of', { name });
    label(this.bar, 'progress.of', { name });
    this.element = this.assemble();
  }

  /** Shows the state of the photo. */
  show(state: PhotoState): void {
    this.element.dataset['phase'] = state.phase;
    setText(this.status, ...statusText(state));
    this.showProgress(state);
    if (state.phase !== 'done') this.slider.hide();
    if (state.phase === 'failed') setText(this.next, state.advice.next);
    else clearText(this.next);
    this.showCheck(state);
    this.showPurge(state);
    this.showControls(state);
  }

  /** Shows the file size. */
  showBytes(bytes: number): void {
    setText(this.facts, 'fact.size', { size: { bytes } });
  }

  /** Shows the facts of the result. */
  showResult({ width, height, format, bytes }: ResultFacts): void {
    // Pixels and format names are the same in all languages.
    const params = { width: String(width), height: String(height), format };
    if (bytes === undefined) setText(this.facts, 'fact.edited', params);
    else setText(this.facts, 'fact.result', { ...params, size: { bytes } });
  }

  /** Marks the card as busy while the result is encoded. */
  setBusy(isBusy: boolean): void {
    this.element.setAttribute('aria-busy', String(isBusy));
    this.save.disabled = isBusy;
  }

  /** The first visible button. */
  get firstControl(): HTMLElement | undefined {
    return this.controls.find((control) => !control.hidden);
  }

  /** Focuses the edit button, after the editor closes. */
  focusEdit(): void {
    this.edit.focus();
  }

  /** Removes the card and releases its images. */
  dispose(): void {
    this.slider.dispose();
    this.element.remove();
  }

  private get controls(): HTMLButtonElement[] {
    return [this.save, this.edit, this.retry, this.cancel, this.remove];
  }

  private assemble(): HTMLLIElement {
    const title = element('h3', { text: this.name, attributes: { title: this.name, dir: 'auto' } });
    const meter = element('div', { className: 'meter' }, [this.bar, this.percent]);
    const mark = element('div', { className: 'mark' }, [this.purge, this.receipt]);
    const actions = element('div', { className: 'actions' }, this.controls);
    const details = [this.status, meter, this.next, this.check, mark];
    return element('li', { className: 'card' }, [
      element('div', { className: 'stage' }, [this.slider.box]),
      element('div', { className: 'details' }, [title, this.facts, ...details]),
      actions,
    ]);
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
    if (state.phase === 'working') this.slider.showPercent(state.percent);
    if (state.phase === 'receiving') this.slider.showPercent(100);
  }

  private showCheck(state: PhotoState): void {
    const text = state.phase === 'done' ? checkText(state.cutout) : undefined;
    if (text === undefined) clearText(this.check);
    else setText(this.check, ...text);
  }

  private showPurge(state: PhotoState): void {
    const isKnown = state.phase === 'done' && state.purge.known;
    this.purge.dataset['known'] = String(isKnown);
    if (state.phase === 'done') setText(this.purge, ...purgeText(state.purge));
    else clearText(this.purge);
    const receipt = state.phase === 'done' && state.purge.known ? state.purge.receipt : undefined;
    const ofFailure = state.phase === 'failed' ? state.receipt : undefined;
    this.receipt.hidden = receipt === undefined && ofFailure === undefined;
  }

  private showControls(state: PhotoState): void {
    const focused = this.controls.find((control) => control === document.activeElement);
    this.save.hidden = this.edit.hidden = state.phase !== 'done';
    this.cancel.hidden = !isInProgress(state);
    this.remove.hidden = isInProgress(state);
    this.retry.hidden = !(state.phase === 'cancelled' || (state.phase === 'failed' && state.mayRetry));
    if (focused?.hidden) this.firstControl?.focus();
  }
}
