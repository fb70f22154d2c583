/**
 * The service worker: opens the page without a connection, and receives photos that another app shares.
 *
 * It caches the files of the page, never an image and never an answer of the API: the cache is written only when the worker
 * is installed, with the fixed list `SHELL`. Requests for other paths do not pass through it.
 *
 * The network comes first and the cache is used when it fails. The file names carry no version, so a page from the network
 * with a script from the cache could be of two deployments; this way all files are of one, and a new deployment is
 * used at once. Files that have not changed are answered with 304.
 */
import { SHARED_FIELD, SHARED_PARAMETER, TAKE_SHARED } from './shell-messages.js';

/** Paths of the files of the page; set by the build. */
declare const SHELL: readonly string[];

/** Hash of the contents of these files; set by the build. A new one replaces the cache. */
declare const SHELL_VERSION: string;

/** The members of the types of service workers that are used here; the compiler only has the types of a page. */
interface ExtendableEvent extends Event {
  waitUntil: (work: Promise<unknown>) => void;
}

interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  readonly preloadResponse: Promise<Response | undefined>;
  respondWith: (response: Promise<Response>) => void;
}

interface WorkerScope {
  /** Without navigation preload in older browsers. */
  readonly registration: { navigationPreload?: { enable: () => Promise<void> } };
  readonly clients: { claim: () => Promise<void> };
  skipWaiting: () => Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<PageMessage>) => void): void;
}

/** A message of a page. */
interface PageMessage {
  type?: string;
  name?: string;
}

const scope = globalThis as unknown as WorkerScope;
const CACHE = `shell-${SHELL_VERSION}`;

/** Photos of the last share until a page takes them. They exist in memory only. */
let shared: { name: string; files: File[] } | undefined;

async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  // `no-cache` revalidates: what the page has just loaded is not transferred again.
  await cache.addAll(SHELL.map((path) => new Request(path, { cache: 'no-cache' })));
  await scope.skipWaiting();
}

async function activate(): Promise<void> {
  const outdated = (await caches.keys()).filter((name) => name !== CACHE);
  await Promise.all(outdated.map((name) => caches.delete(name)));
  // Starts the request of a page while the worker starts.
  await scope.registration.navigationPreload?.enable();
  await scope.clients.claim();
}

/** A file of the page: from the network, or from the cache if the network or the service fails. */
async function networkFirst({ request, preloadResponse }: FetchEvent, path: string): Promise<Response> {
  const response = await preloadResponse
    .then((early) => early ?? fetch(request))
    .catch(() => Response.error());
  if (response.type !== 'error' && response.status < 500) return response;
  return (await caches.match(path, { cacheName: CACHE })) ?? response;
}

/** Keeps shared photos for the page that it redirects to. */
async function receiveShared(request: Request, home: string): Promise<Response> {
  const form = await request.formData();
  const files = form.getAll(SHARED_FIELD).filter((value): value is File => value instanceof File);
  shared = { name: crypto.randomUUID(), files };
  return Response.redirect(`${home}?${SHARED_PARAMETER}=${shared.name}`, 303);
}

function respond(event: FetchEvent): void {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.method === 'POST' && /^\/(?:\w\w\/)?share$/.test(pathname))
    event.respondWith(receiveShared(request, pathname.replace(/share$/, '')));
  else if (request.method === 'GET' && SHELL.includes(pathname))
    event.respondWith(networkFirst(event, pathname));
}

function answer({ data, ports }: MessageEvent<PageMessage>): void {
  if (data.type !== TAKE_SHARED) return;
  ports[0]?.postMessage(shared !== undefined && shared.name === data.name ? shared.files : []);
  shared = undefined;
}

scope.addEventListener('install', (event) => event.waitUntil(install()));
scope.addEventListener('activate', (event) => event.waitUntil(activate()));
scope.addEventListener('fetch', respond);
scope.addEventListener('message', answer);
