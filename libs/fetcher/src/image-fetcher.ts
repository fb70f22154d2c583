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

/** What an operator sets. */
export interface FetchSettings {
  /** Longest time for all of it, from the first name resolved to the last byte. */
  totalMs: number;
  /** Ports that may be spoken to. */
  ports: readonly number[];
}

/** What a test puts in the place of the internet. */
export interface FetchWorld {
  resolve?: NameResolver;
  /** Addresses that may be spoken to although they are not public. */
  alsoAllows?: (address: string) => boolean;
  /** Certificate authorities (PEM) instead of those that Node knows. */
  authorities?: string;
}

/** What goes for one image. */
export interface FetchCall {
  /** Aborted when nobody wants the image any more. */
  signal: AbortSignal;
  /** Most bytes of the file. */
  maxBytes: number;
}

const MAX_REDIRECTS = 3;
const CONNECT_MS = 6000;
const HEAD_MS = 6000;
const IDLE_MS = 5000;
const MAX_HEAD_BYTES = 16_384;

/** An answer whose body is the image. */
interface Opened {
  body: ResponseBody;
  /** Where the answer redirects to instead. */
  location: string | undefined;
}

/**
 * Fetches images from addresses that clients give, and from the public internet alone: a client must not reach through
 * this process what it cannot reach itself (server-side request forgery, OWASP's cheat sheet of that name).
 *
 * Every hop is judged from the start: the address as text, all addresses that its name has, the one connected to. The
 * name is resolved once and the connection made to an address that was judged, so a name that changes its mind in
 * between (DNS rebinding) gains nothing. One connection for each request, no cookies, no credentials, no proxy, nothing
 * unpacked.
 *
 * On Node's own HTTP parser and not on undici's: that one copies all it reads into WebAssembly memory that is never
 * freed and cannot be reached to wipe it, and turns what it cannot parse into a string. Node's hands a client's body
 * over as copies, and what they were copied from is wiped below (test/retention/image-url.test.ts looks).
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
   * The file at an address, as it arrives. Each piece is the reader's, to be wiped. Nothing happens before the first
   * is asked for.
   * @throws Problem `image-url-invalid` | `image-url-refused` | `image-url-failed` | `image-type-unsupported` |
   * `image-too-large` | `upload-interrupted`, when the signal came
   */
  async *fetch(text: string, { signal, maxBytes }: FetchCall): AsyncGenerator<Buffer, void> {
    const limit = new TimeLimit(signal, this.settings.totalMs);
    const time = limit.signal;
    let opened: Opened | undefined;
    try {
      opened = await this.follow(text, maxBytes, time);
      yield* opened.body.pieces({ maxBytes, idleMs: IDLE_MS, signal: time });
    } catch (error) {
      // What a network fails with names addresses: only codes leave this place.
      if (error instanceof Problem && !time.aborted) throw error;
      if (signal.aborted) throw new Problem('upload-interrupted');
      throw new Problem('image-url-failed', time.aborted ? { detail: 'It took too long' } : {});
    } finally {
      opened?.body.close();
      limit.clear();
    }
  }

  /** The answer at the end of all redirects. */
  private async follow(text: string, maxBytes: number, signal: AbortSignal): Promise<Opened> {
    const policy = { ports: this.settings.ports, allows: this.allows };
    let url = readImageUrl(text, policy);
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const opened = await this.open(url, maxBytes, signal);
      if (opened.location === undefined) return opened;
      opened.body.close();
      const next = readImageUrl(opened.location, policy, url.text);
      // Whoever began in secret must not go on in the open.
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

  /** All of them must be allowed: a name that is half inside is no name of the outside. */
  private async addressesOf(url: ImageUrl, signal: AbortSignal): Promise<string[]> {
    signal.throwIfAborted();
    const found = url.family === 0 ? await this.resolve(url.host, signal) : [url.host];
    // No such name and an inside name get one answer: nobody learns which names there are inside.
    if (found.length === 0 || !found.every(this.allows)) throw new Problem('image-url-refused');
    return found;
  }

  private readonly allows = (address: string): boolean =>
    this.world.alsoAllows?.(address) === true || (isPublicAddress(address) && !isOwn(address));
}

/** This machine from inside: what its firewall shows to nobody else may answer there. */
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
  // The parser has copied the body out of what arrived by the time the next listener hears of it.
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
