import { button, element } from '../dom-element.js';
import type { LookPanel } from '../edit/look-panel.js';
import type { TextKey } from '../i18n/en-words.js';
import { clearText, label, setText, tooltip } from '../i18n/page-words.js';
import { icon } from '../icons.js';
import type { Look, SavedFormat } from '../pixels/edit.js';
import { CardControls, type ControlName } from './card-controls.js';
import { cardCommand, type CardCommand } from './card-keys.js';
import { CardPicture } from './card-picture.js';
import { CardStatus } from './card-status.js';
import { CompareControl } from './compare-control.js';
import { FullSize } from './full-size.js';
import { groundSwitch } from './ground-switch.js';
import type { PhotoState } from './photo-state.js';
import { PictureZoom } from './picture-zoom.js';
import { ignoreOwnDrag, ResultActions, type Outcome } from './result-actions.js';

/** Callbacks of a card. */
export interface CardActions {
  /** Encodes the edited result at full size. Default format: that of the edit. @throws PixelProblem */
  onEncode: (format?: SavedFormat) => Promise<File>;
  /** Called when the result was downloaded, copied, shared or dragged out. */
  onTaken: () => void;
  /** Called if the result cannot be encoded. */
  onEncodeError: () => void;
  /** Opens the result large, to look at it. */
  onOpen: () => void;
  /** Opens the result large, with the brush. */
  onEdit: () => void;
  onLook: (change: Partial<Look>) => void;
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

/** Fields that take characters themselves: shortcuts of the card do not apply there. */
const FIELDS = 'input, select, textarea';

/** The card of one photo: picture, status, actions and, if it is the only one, the look. */
export class PhotoCard {
  readonly element: HTMLLIElement;
  readonly picture: CardPicture;
  private readonly fullSize: FullSize;
  private readonly results: ResultActions;
  private readonly controls: CardControls;
  private readonly compare: CompareControl;
  private readonly zoom: PictureZoom;
  private readonly status: CardStatus;
  private readonly fit = button({ text: '', className: 'button quiet fit' }, () => this.zoom.fit());
  private readonly zoomIn = button({ icon: 'zoom-in', className: 'button quiet action zoom-in' }, () =>
    this.zoom.step(true),
  );
  private readonly viewBar = element('div', { className: 'view-bar' });
  private readonly actionBar = element('div', { className: 'actions' });
  private readonly lookPlace = element('div', { className: 'look' });
  private panel: LookPanel | undefined;
  private look: Look | undefined;
  private isAlone = false;
  private isDone = false;
  /** True if it is the only card and has a result; undefined before the first layout. */
  private isLarge: boolean | undefined;

  constructor(
    private readonly name: string,
    private readonly actions: CardActions,
  ) {
    this.fullSize = new FullSize(
      () => actions.onEncode(),
      () => this.picture.showSmall(),
    );
    this.results = new ResultActions(this.fullSize, () => actions.onEncode('png'));
    this.controls = new CardControls(name, (control) => this.press(control));
    this.picture = new CardPicture(name, this.fullSize, actions.onEncodeError);
    const { element: stage, box } = this.picture;
    this.compare = new CompareControl(stage, name);
    this.zoom = new PictureZoom(stage, box, (zoom) => this.showZoom(zoom));
    this.status = new CardStatus(name, { onOpen: actions.onEdit, onReceipt: actions.onReceipt });
    this.element = this.assemble();
    this.listen();
  }

  /** Shows the state of the photo. */
  show(state: PhotoState): void {
    this.element.dataset['phase'] = state.phase;
    this.isDone = state.phase === 'done';
    if (!this.isDone) {
      this.fullSize.release();
      this.picture.hideResult();
      this.compare.reset();
    }
    if (state.phase === 'working') this.picture.showPercent(state.percent);
    if (state.phase === 'receiving') this.picture.showPercent(100);
    this.status.show(state);
    this.controls.show(state);
    this.compare.button.hidden = !this.isDone;
    this.arrange();
  }

  /** Shows the file size. */
  showBytes(bytes: number): void {
    setText(this.status.facts, 'fact.size', { size: { bytes } });
  }

  /** Marks the photo as a sample. */
  showSample(): void {
    this.status.facts.before(element('span', { className: 'tag', say: 'sample.tag' }));
  }

  /** Shows the facts of the result. */
  showResult({ width, height, format, bytes }: ResultFacts): void {
    // Pixels and format names are the same in all languages.
    const params = { width: String(width), height: String(height), format };
    if (bytes === undefined) setText(this.status.facts, 'fact.edited', params);
    else setText(this.status.facts, 'fact.result', { ...params, size: { bytes } });
  }

  /** Shows the look of a new edit. The full-size result of the previous one is released. */
  showLook(look: Look): void {
    this.fullSize.release();
    this.look = look;
    this.showPanel();
  }

  /** Lays out the card as the only one of the page, with zoom and look, or as one of many. */
  setAlone(isAlone: boolean): void {
    if (this.isAlone === isAlone) return;
    this.isAlone = isAlone;
    this.arrange();
  }

  /** Shows a message on the card for a few seconds. Screen readers announce it. */
  notify(key: TextKey): void {
    this.status.notify(key);
  }

  /** The first visible button. */
  get firstControl(): HTMLElement | undefined {
    return this.controls.first;
  }

  /** Focuses the edit button, after the editor closes. */
  focusEdit(): void {
    this.controls.buttons.edit.focus();
  }

  /** Removes the card and releases its images. */
  dispose(): void {
    this.fullSize.release();
    this.picture.dispose();
    this.element.remove();
  }

  private assemble(): HTMLLIElement {
    const title = element('h3', { text: this.name, attributes: { title: this.name, dir: 'auto' } });
    const { cancel, download, copy, share, edit, retry, remove } = this.controls.buttons;
    label(this.zoomIn, 'zoom.in');
    tooltip(this.zoomIn, 'tip.zoom');
    this.viewBar.append(this.compare.slider, this.fit, this.zoomIn, groundSwitch());
    this.actionBar.append(download, this.compare.button, copy, share, edit, retry, remove);
    const { element: status, facts, deletion } = this.status;
    const head = element('div', { className: 'details' }, [title, facts, status, cancel]);
    const children = [this.picture.element, this.viewBar, head, deletion, this.actionBar, this.lookPlace];
    return element('li', { className: 'card' }, [icon('circle-alert'), ...children]);
  }

  private listen(): void {
    const { result } = this.picture;
    this.element.addEventListener('keydown', (event) => this.key(event));
    result.addEventListener('click', ({ detail }) => {
      // A pointer zooms the only picture; `detail` is 0 for a press by assistive software.
      if (!this.isAlone || detail === 0) this.actions.onOpen();
    });
    result.addEventListener('contextmenu', (event) => this.beforeUse(event, this.fullSize.url !== undefined));
    result.addEventListener('dragstart', (event) => this.beforeUse(event, this.results.drag(event)));
    result.addEventListener('dragend', ({ dataTransfer }) => {
      if (dataTransfer !== null && dataTransfer.dropEffect !== 'none') this.actions.onTaken();
    });
    ignoreOwnDrag(result);
  }

  /** Makes the browser use the full-size result. While it is encoded, the menu or the drag does not start. */
  private beforeUse(event: Event, isReady: boolean): void {
    if (isReady) this.picture.showFullSizeNow();
    else {
      event.preventDefault();
      this.notify('full-size.encoding');
      void this.picture.showFullSize();
    }
  }

  private key(event: KeyboardEvent): void {
    const { target } = event;
    const isOnField = target instanceof Element && target.matches(FIELDS);
    const isOnPicture = target === this.picture.result;
    const command = cardCommand(event, { isOnPicture, isOnField });
    if (command === undefined || event.altKey || !this.perform(command)) return;
    event.preventDefault();
  }

  /** Performs the command of a key. False if the card does not have it now. */
  private perform(command: CardCommand): boolean {
    switch (command) {
      case 'zoom-in':
      case 'zoom-out':
        this.zoom.step(command === 'zoom-in');
        return this.isAlone && this.isDone;
      case 'zoom-fit':
        this.zoom.fit();
        return this.isAlone && this.isDone;
      case 'open':
        if (this.isDone) this.actions.onOpen();
        return this.isDone;
      case 'compare':
        if (this.isDone) this.compare.toggle();
        return this.isDone;
      default: {
        const { [command]: pressed } = this.controls.buttons;
        if (!pressed.hidden) pressed.click();
        return !pressed.hidden;
      }
    }
  }

  private press(control: ControlName): void {
    const { actions } = this;
    switch (control) {
      case 'download':
      case 'copy':
      case 'share':
        void this.take(control);
        break;
      case 'edit':
        actions.onEdit();
        break;
      case 'retry':
        actions.onRetry();
        break;
      case 'cancel':
        actions.onCancel();
        break;
      case 'remove':
        actions.onRemove();
        break;
    }
  }

  /** Takes the result out of the page. */
  private async take(control: 'download' | 'copy' | 'share'): Promise<void> {
    this.setBusy(true);
    try {
      const outcome: Outcome = await this.results[control]();
      if (outcome.isTaken) this.actions.onTaken();
      if (outcome.isTaken) this.controls.succeed(control);
      // The button shows a success itself.
      if (outcome.say !== undefined) this.status.notify(outcome.say, !outcome.isTaken);
      else this.status.clearNotice();
    } catch {
      this.actions.onEncodeError();
    }
    this.setBusy(false);
  }

  /** Marks the card as busy while the result is encoded. */
  private setBusy(isBusy: boolean): void {
    this.element.setAttribute('aria-busy', String(isBusy));
    for (const name of ['download', 'copy', 'share'] as const)
      this.controls.buttons[name].setAttribute('aria-disabled', String(isBusy));
  }

  /** Places the parts that differ between the only card and one of many. */
  private arrange(): void {
    const isLarge = this.isAlone && this.isDone;
    const hasPicture = !['failed', 'cancelled'].includes(this.element.dataset['phase'] ?? '');
    this.element.toggleAttribute('data-alone', this.isAlone && hasPicture);
    if (this.isLarge === isLarge) return;
    this.isLarge = isLarge;
    this.zoom.enable(isLarge);
    this.viewBar.hidden = this.lookPlace.hidden = !isLarge;
    if (isLarge) this.viewBar.prepend(this.compare.button);
    else this.controls.buttons.download.after(this.compare.button);
    this.showPanel();
  }

  /** Shows the controls of the look beside the only result. */
  private showPanel(): void {
    if (this.look === undefined || !this.isLarge) return;
    if (this.panel === undefined) void this.loadPanel();
    else this.panel.show(this.look);
  }

  /** Loads the script of the controls. Without a connection the card stays without them; the result can be downloaded. */
  private async loadPanel(): Promise<void> {
    const module = await import('../edit/look-panel.js').catch(() => undefined);
    if (module === undefined || this.panel !== undefined || this.look === undefined) return;
    this.panel = new module.LookPanel({ onLook: this.actions.onLook });
    this.lookPlace.append(this.panel.element);
    this.panel.show(this.look);
  }

  private showZoom(zoom: number): void {
    const percent = Math.round(zoom * 100);
    this.fit.hidden = percent === 100;
    if (this.fit.hidden) clearText(this.fit);
    else setText(this.fit, 'percent', { percent });
    label(this.fit, 'zoom.reset', { percent });
    tooltip(this.fit, 'tip.fit');
  }
}
