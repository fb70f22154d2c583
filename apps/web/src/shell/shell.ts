import { selectPhotos } from '../photo/file-selection.js';
import type { OnFiles } from '../photo/file-input.js';
import { SHARED_PARAMETER, TAKE_SHARED } from './shell-messages.js';

/** How long the service worker may take to hand over shared photos, milliseconds. */
const TAKE_MS = 10_000;

/** Removes and returns the name of the share from the address of the page. */
function takeShareName(): string | null {
  const address = new URL(location.href);
  const name = address.searchParams.get(SHARED_PARAMETER);
  if (name === null) return null;
  address.searchParams.delete(SHARED_PARAMETER);
  history.replaceState(null, '', address.pathname + address.search + address.hash);
  return name;
}

/** The shared photos; empty if the service worker no longer has them. */
async function takeShared(workers: ServiceWorkerContainer, name: string): Promise<File[]> {
  const { active } = await workers.ready;
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<File[]>) => resolve(data);
    setTimeout(() => resolve([]), TAKE_MS);
    active?.postMessage({ type: TAKE_SHARED, name }, [port2]);
  });
}

/**
 * Makes the page installable and lets it open without a connection, where the browser supports that and the origin is
 * secure. Takes over the photos of a share.
 */
export function startShell(onFiles: OnFiles, onLost: () => void): void {
  const name = takeShareName();
  if (!('serviceWorker' in navigator)) return;
  const workers = navigator.serviceWorker;
  // Registered after the page has loaded, so that its own files come first. A failure leaves the page as it is.
  const register = (): void => void workers.register('/sw.js').catch(() => undefined);
  if (document.readyState === 'complete') register();
  else addEventListener('load', register, { once: true });
  if (name === null) return;
  void takeShared(workers, name).then((files) => {
    if (files.length === 0) onLost();
    else onFiles(selectPhotos(files.map((file) => ({ file, path: '' }))));
  });
}
