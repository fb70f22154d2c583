/** Opens the page of an operation for addresses of the former reference, such as `/docs#/jobs/submitJob`. */
export function followOldAddress(): void {
  const [, id] = /^#\/\w+\/(\w+)$/.exec(location.hash) ?? [];
  if (id === undefined || location.pathname !== '/docs/') return;
  const slug = id.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const link = document.querySelector<HTMLAnchorElement>(`a[href="/docs/reference/${slug}/"]`);
  if (link !== null) location.replace(link.href);
}
