/** What the page at /docs does beyond its text: one language for all examples, copying, and the reference. */

/** What `swagger-ui-bundle.js` puts on the page. */
interface SwaggerWindow {
  SwaggerUIBundle?: (options: Record<string, unknown>) => void;
}

const picks = [...document.querySelectorAll<HTMLInputElement>('.examples input[type="radio"]')];

for (const pick of picks) {
  pick.addEventListener('change', () => {
    for (const other of picks) other.checked = other.value === pick.value;
  });
}

for (const code of document.querySelectorAll('.code')) {
  const copy = document.createElement('button');
  copy.type = 'button';
  copy.className = 'button quiet copy';
  copy.textContent = 'Copy';
  copy.addEventListener('click', () => {
    void navigator.clipboard.writeText(code.querySelector('pre')?.textContent ?? '').then(() => {
      copy.textContent = 'Copied';
      setTimeout(() => (copy.textContent = 'Copy'), 2_000);
    });
  });
  // Only where a page may write to the clipboard: over TLS, or on this machine.
  if (isSecureContext) code.append(copy);
}

const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = (): void => void document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();

/** The reference calls itself the main part of the page, of which there is one already. */
const reference = document.querySelector('#swagger-ui');
const drawn = new MutationObserver(() => {
  const second = reference?.querySelector('main');
  second?.setAttribute('role', 'none');
  if (second) drawn.disconnect();
});
if (reference) drawn.observe(reference, { childList: true, subtree: true });

addEventListener('DOMContentLoaded', () => {
  (window as SwaggerWindow).SwaggerUIBundle?.({
    url: '/openapi.json',
    dom_id: '#swagger-ui',
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    docExpansion: 'list',
  });
  document.querySelector('.without')?.remove();
});
