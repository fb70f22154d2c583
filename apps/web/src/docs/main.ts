/** Script of the page at /docs: one language for all examples, copy buttons, and the API reference. */

/** The global that `swagger-ui-bundle.js` defines. */
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
  // The clipboard needs a secure context.
  if (isSecureContext) code.append(copy);
}

const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = (): void => void document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();

/** Swagger UI adds a second `main` landmark. Removes its role. */
const reference = document.querySelector('#swagger-ui');
const observer = new MutationObserver(() => {
  const second = reference?.querySelector('main');
  second?.setAttribute('role', 'none');
  if (second) observer.disconnect();
});
if (reference) observer.observe(reference, { childList: true, subtree: true });

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
