import { AnswerView } from './answer-view.js';
import { requestOf } from './try-request.js';

/**
 * An element of the section.
 * @throws Error if there is none of this type
 */
function part<T extends HTMLElement>(section: HTMLElement, selector: string, type: new () => T): T {
  const found = section.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`the form has no ${selector}`);
  return found;
}

/** The form of the page of an operation: sends its request to this service and shows the response. */
class TryForm {
  private abort: AbortController | undefined;
  private readonly form: HTMLFormElement;
  private readonly answer: AnswerView;
  private readonly note: HTMLElement;
  private readonly cancel: HTMLButtonElement;
  private readonly send: HTMLButtonElement;

  constructor(section: HTMLElement) {
    const form = part(section, 'form', HTMLFormElement);
    this.form = form;
    this.answer = new AnswerView(part(section, '.answer', HTMLElement));
    this.note = part(section, '.note', HTMLElement);
    this.cancel = part(section, '[data-cancel]', HTMLButtonElement);
    this.send = part(section, '[type="submit"]', HTMLButtonElement);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.isComplete()) void this.run();
    });
    this.cancel.addEventListener('click', () => this.abort?.abort());
    this.fillFromFragment();
  }

  /** Fills in the job or batch of the page before, and takes its token out of the address. */
  private fillFromFragment(): void {
    const values = new URLSearchParams(location.hash.slice(1));
    if (!values.has('token')) return;
    for (const [name, value] of values) {
      const control = this.form.elements.namedItem(name);
      if (control instanceof HTMLInputElement) control.value = value;
    }
    history.replaceState(null, '', '#try');
    this.form.scrollIntoView({ block: 'center' });
  }

  /** Says what is missing, at the first field without a value. */
  private isComplete(): boolean {
    const missing = this.form.querySelector<HTMLInputElement>(':invalid:not(details)');
    this.note.textContent = missing === null ? '' : `Fill in ${missing.name}.`;
    missing?.focus();
    return missing === null;
  }

  private async run(): Promise<void> {
    this.abort = new AbortController();
    this.answer.clear();
    this.setBusy(true);
    try {
      const { url, ...init } = requestOf(this.form);
      await this.answer.show(await fetch(url, { ...init, signal: this.abort.signal }));
      this.note.textContent = 'Done.';
    } catch (error) {
      const isCancelled = error instanceof DOMException && error.name === 'AbortError';
      this.note.textContent = isCancelled ? 'Canceled.' : 'The service can’t be reached.';
    }
    this.setBusy(false);
  }

  private setBusy(isBusy: boolean): void {
    if (isBusy) this.note.textContent = 'Waiting for the response…';
    if (!isBusy && document.activeElement === this.cancel) this.send.focus();
    this.send.disabled = isBusy;
    this.cancel.hidden = !isBusy;
    if (isBusy && document.activeElement === document.body) this.cancel.focus();
  }
}

/** Shows the form of the page, which needs this script. */
export function setUpTry(): void {
  const section = document.querySelector<HTMLElement>('.try');
  if (section === null) return;
  section.hidden = false;
  new TryForm(section);
}
