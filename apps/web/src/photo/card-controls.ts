import { button } from '../dom-element.js';
import { label, setText, tooltip } from '../i18n/page-words.js';
import { icon, type IconName } from '../icons.js';
import { SHORTCUTS } from './card-keys.js';
import { isInProgress, type PhotoState } from './photo-state.js';
import { canShareImages } from './result-actions.js';

/** How long a button shows that its action succeeded. */
const SUCCESS_MS = 2_000;

/** Names of the buttons of a card. */
export type ControlName = 'download' | 'copy' | 'share' | 'edit' | 'retry' | 'cancel' | 'remove';

const ICONS: Readonly<Record<ControlName, IconName>> = {
  download: 'download',
  copy: 'copy',
  share: 'share-2',
  edit: 'pencil',
  retry: 'refresh-cw',
  cancel: 'x',
  remove: 'trash-2',
};

const PRIMARY: ReadonlySet<ControlName> = new Set<ControlName>(['download', 'retry']);
const NAMES = Object.keys(ICONS) as ControlName[];

/** The buttons of a card, always in the same order. */
export class CardControls {
  readonly buttons: Readonly<Record<ControlName, HTMLButtonElement>>;
  private readonly isSharing = canShareImages();

  constructor(name: string, onPress: (control: ControlName) => void) {
    const made = NAMES.map((control) => [control, this.make(control, name, onPress)] as const);
    this.buttons = Object.fromEntries(made) as Record<ControlName, HTMLButtonElement>;
  }

  /** The first visible button. */
  get first(): HTMLButtonElement | undefined {
    return NAMES.map((name) => this.buttons[name]).find(({ hidden }) => !hidden);
  }

  /** Shows the buttons of a state. Keeps the focus in the card. */
  show(state: PhotoState): void {
    const { download, copy, share, edit, retry, cancel, remove } = this.buttons;
    const focused = NAMES.map((name) => this.buttons[name]).find((one) => one === document.activeElement);
    download.hidden = copy.hidden = edit.hidden = state.phase !== 'done';
    share.hidden = state.phase !== 'done' || !this.isSharing;
    cancel.hidden = !isInProgress(state);
    remove.hidden = isInProgress(state);
    retry.hidden = !(state.phase === 'cancelled' || (state.phase === 'failed' && state.mayRetry));
    if (focused?.hidden) this.first?.focus();
  }

  /** Shows for a moment that an action succeeded. */
  succeed(control: ControlName): void {
    const { [control]: pressed } = this.buttons;
    const show = (name: IconName): void => pressed.querySelector('.icon')?.replaceWith(icon(name));
    show('check');
    pressed.dataset['success'] = '';
    if (control === 'copy') setText(pressed, 'copy.done');
    setTimeout(() => {
      show(ICONS[control]);
      setText(pressed, control);
      delete pressed.dataset['success'];
    }, SUCCESS_MS);
  }

  private make(
    control: ControlName,
    name: string,
    onPress: (control: ControlName) => void,
  ): HTMLButtonElement {
    const className = PRIMARY.has(control) ? 'button primary' : `button quiet action ${control}`;
    const made = button({ say: control, icon: ICONS[control], className }, () => {
      if (made.getAttribute('aria-disabled') !== 'true') onPress(control);
    });
    // Accessible names include the photo, because all cards have the same buttons.
    label(made, `${control}.of` as const, { name });
    if (control !== 'retry') tooltip(made, `tip.${control}` as const);
    const shortcut = (SHORTCUTS as Partial<Record<ControlName, string>>)[control];
    if (shortcut !== undefined) made.setAttribute('aria-keyshortcuts', shortcut);
    return made;
  }
}
