import { Countdown } from './countdown.js';
import { button, element } from './dom-element.js';
import type { TextKey } from './i18n/en-words.js';
import type { Params } from './i18n/i18n.js';
import { setText } from './i18n/page-words.js';

/** A message for a few seconds. */
export interface Notice {
  text: readonly [key: TextKey, params?: Params];
  /** Reverses what the notice reports. The notice then has a button for it, which Ctrl+Z presses too. */
  undo?: () => void;
  /** Called when the notice ends and `undo` was not used. */
  onEnd?: () => void;
}

/** Duration of a notice, without the time that the pointer or the focus is on it. */
const DURATION_MS = 8_000;
const MAX_NOTICES = 3;
/** Inputs that are no text fields: Ctrl+Z does nothing in them. */
const NO_TEXT = ['button', 'checkbox', 'color', 'file', 'radio', 'range', 'reset', 'submit'];

/** A notice on the page. */
interface ShownNotice {
  key: TextKey;
  undo: (() => void) | undefined;
  /** Removes the notice, as if its time were over. */
  end: () => void;
  /** Removes the notice without a call of `onEnd`. */
  close: () => void;
}

/** Notices at the bottom of the page, the newest last. Screen readers announce them. */
export class NoticeBar {
  private readonly shown: ShownNotice[] = [];

  /** @param place a polite live region */
  constructor(private readonly place: HTMLElement) {
    document.addEventListener('keydown', (event) => this.onKey(event));
  }

  /** Shows a notice, instead of one with the same text. Returns a function that removes it without a call of `onEnd`. */
  show({ text: [key, params], undo, onEnd }: Notice): () => void {
    this.shown.find((other) => other.key === key)?.end();
    const line = element('div', { className: 'notice-item' }, [setText(element('p'), key, params)]);
    let from: EventTarget | null = null;
    line.addEventListener('focusin', ({ relatedTarget }) => (from ??= relatedTarget));
    const close = (): void => {
      const hadFocus = line.contains(document.activeElement);
      countdown.cancel();
      line.remove();
      if (hadFocus && from instanceof HTMLElement) from.focus();
      this.shown.splice(this.shown.indexOf(notice), 1);
    };
    const end = (): void => {
      close();
      onEnd?.();
    };
    const countdown = new Countdown(DURATION_MS, end);
    const notice: ShownNotice = { key, undo, end, close };
    pauseWhileUsed(line, countdown);
    if (undo) line.append(this.undoButton(notice), element('span', { className: 'countdown' }));
    this.shown.push(notice);
    this.place.append(line);
    if (this.shown.length > MAX_NOTICES) this.shown[0]?.end();
    return close;
  }

  private undoButton(notice: ShownNotice): HTMLButtonElement {
    const made = button({ say: 'notice.undo', icon: 'undo-2', className: 'button' }, () => use(notice));
    made.setAttribute('aria-keyshortcuts', 'Control+Z Meta+Z');
    return made;
  }

  /** Ctrl+Z reverses what the newest notice with `undo` reports, except in text fields and dialogs, which have their own. */
  private onKey(event: KeyboardEvent): void {
    const isUndo =
      (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.code === 'KeyZ';
    if (!isUndo || event.defaultPrevented || isTextField(event.target)) return;
    if (document.querySelector('dialog[open]') !== null) return;
    const notice = this.shown.findLast(({ undo }) => undo !== undefined);
    if (notice === undefined) return;
    event.preventDefault();
    use(notice);
  }
}

function use({ undo, close }: ShownNotice): void {
  close();
  undo?.();
}

/** Stops the countdown while the pointer or the focus is on the notice. */
function pauseWhileUsed(line: HTMLElement, countdown: Countdown): void {
  const uses = new Set<string>();
  const bind = (start: string, end: string): void => {
    line.addEventListener(start, () => {
      uses.add(start);
      countdown.pause();
    });
    line.addEventListener(end, () => {
      uses.delete(start);
      if (uses.size === 0 && line.isConnected) countdown.resume();
    });
  };
  bind('pointerenter', 'pointerleave');
  bind('focusin', 'focusout');
}

function isTextField(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return !NO_TEXT.includes(target.type);
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLElement && target.isContentEditable);
}
