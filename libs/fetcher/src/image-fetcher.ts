import { request as ask } from 'node:http';
import type { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Problem } from '#contracts/problem-catalog.js';
import { wipe } from '#crypto/wipe.js';
import { isPublicAddress } from './address-rules.js';
import { openConnection } from './checked-connection.js';
import { nameResolver, type NameResolver } from './name-resolver.js';
import { ResponseBody } from './response-body.js';
import { judgeHead } from './response-rules.js';
import { TimeLimit, within } from './time-limit.js';
import { TlsScrub } from './tls-scrub.js';
import { readImageUrl, type ImageUrl } from './url-rules.js';

/** Settings of the operator. */
export interface FetchSettings {
  /** Limit of the whole fetch, from the first name resolution to the last byte. */
  totalMs: number;
  /** Allowed ports. */
  ports: readonly number[];
}

/** Replacements for tests. */
export interface FetchWorld {
  resolve?: NameResolver;
  /** Allowed addresses that are not public. */
  alsoAllows?: (address: string) => boolean;
  /** Certificate authorities (PEM) in place of Node's. */
  authorities?: string;
}

/** Options of one fetch. */
export interface FetchCall {
  /** Aborts the fetch. */
  signal: AbortSignal;
  /** Size limit of the file. */
  maxBytes: number;
}

const MAX_REDIRECTS = 3;
const CONNECT_MS = 6000;
const HEAD_MS = 6000;
const IDLE_MS = 5000;
const MAX_HEAD_BYTES = 16_384;

/** A response. */
interface Opened {
  body: ResponseBody;
  /** Target of a redirect. */
  location: string | undefined;
}

/**
 * Fetches images from addresses given by clients, on the public internet only, against server-side request forgery (OWASP's
 * cheat sheet of that name).
 *
 * Every hop is checked: the address as text, all addresses of its name, and the address connected to. The name is resolved
 * once, and the connection goes to a checked address, so DNS rebinding has no effect. Each request has its own connection,
 * without cookies, credentials, proxy or decompression.
 *
 * It uses Node's HTTP parser in place of undici (`fetch`), which copies all input to WebAssembly memory that cannot be wiped.
 * Node's parser passes on copies of a body, and the originals are wiped below (test/retention/image-url.test.ts).
 */
export class ImageFetcher {
  private readonly scrub = new TlsScrub();
  private readonly resolve: NameResolver;

  constructor(
    private readonly settings: FetchSettings,
    private readonly world: FetchWorld = {},
  ) {
    this.resolve = world.resolve ?? nameResolver();
  }

  /**
   * The file at an address, in pieces as they arrive. The reader owns and wipes each piece. The fetch starts with the first
   * read.
   * @throws Problem `image-url-invalid` | `image-url-refused` | `image-url-failed` | `image-type-unsupported` |
   * `image-too-large` | `upload-interrupted`, when aborted
   */
  async *fetch(text: string, { signal, maxBytes }: FetchCall): AsyncGenerator<Buffer, void> {
    const limit = new TimeLimit(signal, this.settings.totalMs);
    const time = limit.signal;
    let opened: Opened | undefined;
    try {
      opened = await this.follow(text, maxBytes, time);
      yield* opened.body.pieces({ maxBytes, idleMs: IDLE_MS, signal: time });
    } catch (error) {
      // Network errors contain addresses; only problem codes are passed on.
      if (error instanceof Problem && !time.aborted) throw error;
      if (signal.aborted) throw new Problem('upload-interrupted');
      throw new Problem('image-url-failed', time.aborted ? { detail: 'It took too long' } : {});
    } finally {
      opened?.body.close();
      limit.clear();
    }
  }

  /** The response after all redirects. */
  private async follow(text: string, maxBytes: number, signal: AbortSignal): Promise<Opened> {
    const policy = { ports: this.settings.ports, allows: this.allows };
    let url = readImageUrl(text, policy);
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const opened = await this.open(url, maxBytes, signal);
      if (opened.location === undefined) return opened;
      opened.body.close();
      const next = readImageUrl(opened.location, policy, url.text);
      // A redirect must not lead from https to http.
      if (url.secure && !next.secure) throw new Problem('image-url-refused');
      url = next;
    }
    throw new Problem('image-url-failed', { detail: 'The host redirects too often' });
  }

  private async open(url: ImageUrl, maxBytes: number, signal: AbortSignal): Promise<Opened> {
    const addresses = await this.addressesOf(url, signal);
    const { allows } = this;
    const { authorities } = this.world;
    const socket = await within(signal, CONNECT_MS, (connecting) =>
      openConnection(url, { addresses, allows, authorities, signal: connecting }),
    );
    if (url.secure) socket.once('close', () => this.scrub.soon());
    return within(signal, HEAD_MS, (answering) => answerTo(url, socket, { maxBytes, signal: answering }));
  }

  /** All addresses of a name must be allowed. */
  private async addressesOf(url: ImageUrl, signal: AbortSignal): Promise<string[]> {
    signal.throwIfAborted();
    const found = url.family === 0 ? await this.resolve(url.host, signal) : [url.host];
    // Unknown and internal names get the same response, which does not reveal internal names.
    if (found.length === 0 || !found.every(this.allows)) throw new Problem('image-url-refused');
    return found;
  }

  private readonly allows = (address: string): boolean =>
    this.world.alsoAllows?.(address) === true || (isPublicAddress(address) && !isOwn(address));
}

/** Addresses of this machine, which its firewall may allow to local processes only. */
const isOwn = (address: string): boolean =>
  Object.values(networkInterfaces()).some((list) => list?.some((own) => own.address === address));

function answerTo(url: ImageUrl, socket: Socket, { maxBytes, signal }: FetchCall): Promise<Opened> {
  const request = ask({
    createConnection: () => socket,
    path: url.path,
    setHost: false,
    headers: {
      Host: url.authority,
      Accept: 'image/*',
      'Accept-Encoding': 'identity',
      'User-Agent': 'removebg-bd',
      Connection: 'close',
    },
    maxHeaderSize: MAX_HEAD_BYTES,
    insecureHTTPParser: false,
  });
  const giveUp = (): void => void request.destroy();
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  // The parser has copied the body when this listener, the next one, is called.
  request.once('socket', () => socket.on('data', (arrived: Buffer) => wipe(arrived)));
  return new Promise<Opened>((resolve, reject) => {
    request.on('error', () => reject(new Problem('image-url-failed', { detail: NO_ANSWER })));
    request.once('close', () => reject(new Problem('image-url-failed', { detail: NO_ANSWER })));
    request.once('response', (response) => {
      const body = new ResponseBody(request, response);
      try {
        const head = { status: response.statusCode ?? 0, headers: response.headers };
        resolve({ body, location: judgeHead(head, maxBytes) });
      } catch (error) {
        body.close();
        reject(error instanceof Problem ? error : new Problem('internal-error'));
      }
    });
    request.end();
  }).finally(() => signal.removeEventListener('abort', giveUp));
}

const NO_ANSWER = 'The host gave no answer that could be understood';
