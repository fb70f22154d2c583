import { make, setIcon } from './markup.js';

/** Address of the service in all examples. */
const EXAMPLE_ORIGIN = /http:\/\/(?:localhost|127\.0\.0\.1):3000/g;

/** How long a button says that it has copied, milliseconds. */
const COPIED_MS = 2_000;

/** Replaces the address of the examples with that of this page, so that they can be pasted as they are. */
function setOrigin(): void {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { currentNode: node } = texts;
    if (node.textContent?.includes(':3000') === true && node.parentElement?.closest('code') !== null)
      node.textContent = node.textContent.replaceAll(EXAMPLE_ORIGIN, location.origin);
  }
}

/** Chooses a language in all examples of the page at once. */
function linkTabs(): void {
  const picks = [...document.querySelectorAll<HTMLInputElement>('.examples input[type="radio"]')];
  for (const pick of picks) {
    pick.addEventListener('change', () => {
      // The page stays where it is, although examples above may have another height now.
      const before = pick.getBoundingClientRect().top;
      for (const other of picks) other.checked = other.value === pick.value;
      scrollBy({ top: pick.getBoundingClientRect().top - before, behavior: 'instant' });
    });
  }
}

/** Adds buttons that copy code. The clipboard needs a secure context. */
function addCopyButtons(): void {
  if (!isSecureContext) return;
  for (const code of document.querySelectorAll('.code')) {
    const copy = make('button', { className: 'copy', attributes: { type: 'button', 'aria-label': 'Copy' } });
    const said = make('span', { className: 'unseen', attributes: { role: 'status' } });
    setIcon(copy, 'copy');
    copy.addEventListener('click', () => {
      void navigator.clipboard.writeText(code.querySelector('pre')?.textContent ?? '').then(() => {
        setIcon(copy, 'check');
        said.textContent = 'Copied';
        setTimeout(() => {
          setIcon(copy, 'copy');
          said.textContent = '';
        }, COPIED_MS);
      });
    });
    code.append(copy, said);
  }
}

/** Makes the examples of the page ready to be copied. */
export function setUpCode(): void {
  setOrigin();
  linkTabs();
  addCopyButtons();
}
