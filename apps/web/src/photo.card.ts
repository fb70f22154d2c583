import { CompareSlider } from './compare.slider.js';
import { button, element } from './dom.element.js';
import { isUnderway, percentOf, purgeText, statusText, type Cutout, type PhotoState } from './photo.state.js';
import { bytesText } from './quantity.text.js';

/** What a person can do with one photo. */
export interface CardActions {
  onCancel: () => void;
  onRetry: () => void;
  onRemove: () => void;
}

const stemOf = (name: string): string => name.replace(/\.[^.]{1,5}$/, '') || 'photo';

/** File name of a cut-out: made here from a name the service never gets to know. */
export const cutoutName = (photoName: string, format: Cutout['format']): string =>
  `${stemOf(photoName)}-cutout.${format}`;

/** One photo on the page: preview, status, and what can be done with it. */
export class PhotoCard {
  readonly element: HTMLLIElement;
  /** True while the page holds a result that nobody saved. */
  isUnsaved = false;

  private readonly slider: CompareSlider;
  private readonly status = element('p', { className: 'status', attributes: { role: 'status' } });
  private readonly bar = element('progress', { attributes: { max: '100' } });
  private readonly percent = element('span', { className: 'percent', attributes: { 'aria-hidden': 'true' } });
  private readonly facts = element('p', { className: 'facts' });
  private readonly next = element('p', { className: 'next' });
  private readonly purge = element('p', { className: 'purge', attributes: { role: 'status' } });
  private readonly save = element('a', { className: 'button primary', text: 'Download' });
  private readonly cancel: HTMLButtonElement;
  private readonly retry: HTMLButtonElement;
  private readonly remove: HTMLButtonElement;
  private readonly photoUrl: string;
  private cutoutUrl: string | undefined;
  private cutout: Cutout | undefined;

  constructor(
    private readonly photo: File,
    actions: CardActions,
  ) {
    this.photoUrl = URL.createObjectURL(photo);
    this.slider = new CompareSlider(photo.name);
    this.cancel = button('Cancel', 'button quiet', actions.onCancel);
    this.retry = button('Try again', 'button primary', actions.onRetry);
    this.remove = button('Remove', 'button quiet', actions.onRemove);
    for (const control of [this.save, this.cancel, this.retry, this.remove]) this.nameControl(control);
    this.bar.setAttribute('aria-label', `Progress of ${photo.name}`);
    this.save.addEventListener('click', () => (this.isUnsaved = false));
    this.element = this.assemble();
  }

  /** Shows the preview. Resolves with the photo's size in pixels; undefined when it cannot be read. */
  preview(): Promise<{ width: number; height: number } | undefined> {
    return this.slider.showPhoto(this.photoUrl);
  }

  /** Shows where the photo stands. */
  show(state: PhotoState): void {
    this.element.dataset['phase'] = state.phase;
    const text = statusText(state);
    if (this.status.textContent !== text) this.status.textContent = text;
    this.showProgress(state);
    if (state.phase === 'done') this.showCutout(state.cutout);
    else this.dropCutout();
    this.next.textContent = state.phase === 'failed' ? state.advice.next : '';
    this.purge.textContent = state.phase === 'done' ? purgeText(state.purge) : '';
    this.purge.dataset['known'] = String(state.phase === 'done' && state.purge.known);
    this.showControls(state);
  }

  /** Frees the blobs. The card is of no use afterwards. */
  dispose(): void {
    this.dropCutout();
    URL.revokeObjectURL(this.photoUrl);
    this.element.remove();
  }

  private assemble(): HTMLLIElement {
    const title = element('h3', { text: this.photo.name, attributes: { title: this.photo.name } });
    const meter = element('div', { className: 'meter' }, [this.bar, this.percent]);
    const actions = element('div', { className: 'actions' }, [
      this.save,
      this.retry,
      this.cancel,
      this.remove,
    ]);
    const told = [this.status, meter, this.next, this.purge];
    return element('li', { className: 'card' }, [
      element('div', { className: 'stage' }, [this.slider.frame]),
      element('div', { className: 'told' }, [title, this.facts, ...told, actions]),
    ]);
  }

  /** Several cards have the same buttons: a screen reader hears which photo each belongs to. */
  private nameControl(control: HTMLElement): void {
    control.setAttribute('aria-label', `${control.textContent} ${this.photo.name}`);
  }

  private showProgress(state: PhotoState): void {
    const percent = percentOf(state);
    this.bar.hidden = !isUnderway(state);
    if (percent === undefined) this.bar.removeAttribute('value');
    else this.bar.value = percent;
    this.percent.textContent = percent === undefined ? '' : `${Math.round(percent)} %`;
    if (state.phase === 'working') this.slider.showPercent(state.percent);
    if (state.phase === 'receiving') this.slider.showPercent(100);
  }

  private showControls(state: PhotoState): void {
    const controls = [this.save, this.retry, this.cancel, this.remove];
    const focused = controls.find((control) => control === document.activeElement);
    this.save.hidden = state.phase !== 'done';
    this.cancel.hidden = !isUnderway(state);
    this.remove.hidden = isUnderway(state);
    this.retry.hidden = !(state.phase === 'cancelled' || (state.phase === 'failed' && state.mayRetry));
    if (focused?.hidden) controls.find((control) => !control.hidden)?.focus();
  }

  private showCutout(cutout: Cutout): void {
    if (this.cutout === cutout) return;
    this.cutout = cutout;
    this.isUnsaved = true;
    this.cutoutUrl = URL.createObjectURL(cutout.image);
    this.save.href = this.cutoutUrl;
    this.save.download = cutoutName(this.photo.name, cutout.format);
    const size = `${cutout.width} × ${cutout.height}`;
    this.facts.textContent = `${size}, ${cutout.format.toUpperCase()}, ${bytesText(cutout.image.size)}`;
    void this.slider.showCutout(this.cutoutUrl);
  }

  private dropCutout(): void {
    this.facts.textContent = bytesText(this.photo.size);
    if (this.cutoutUrl === undefined) return;
    URL.revokeObjectURL(this.cutoutUrl);
    this.cutoutUrl = this.cutout = undefined;
    this.isUnsaved = false;
    this.save.removeAttribute('href');
    this.slider.hide();
  }
}
