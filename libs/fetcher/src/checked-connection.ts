import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Problem } from '#contracts/problem-catalog.js';
import { within } from './time-limit.js';
import type { ImageUrl } from './url-rules.js';

/** Options of a connection. */
export interface Opening {
  /** Checked addresses of the host; its name is not resolved again. */
  addresses: readonly string[];
  /** True for an address that may be connected to. */
  allows: (address: string) => boolean;
  /** Certificate authorities (PEM) in place of Node's. */
  authorities?: string | undefined;
  /** Aborts the connection. */
  signal: AbortSignal;
}

/** Limit for one address, so that the others are tried too. */
const ONE_ADDRESS_MS = 2500;
const MAX_ADDRESSES = 4;

/**
 * OpenSSL's SSL_OP_CLEANSE_PLAINTEXT, which is missing in Node's constants: plaintext in the connection's buffer is overwritten
 * once it is read (SSL_CTX_set_options(3)).
 */
const CLEANSE_PLAINTEXT = 2;

/**
 * Opens a connection to one of the checked addresses, and checks the remote address before it sends anything. TLS
 * certificates are always verified for the host's name, whatever the environment says.
 * @throws Problem `image-url-failed` | `image-url-refused`
 */
export async function openConnection(url: ImageUrl, opening: Opening): Promise<Socket> {
  const socket = await firstToAnswer(url.port, opening);
  if (!opening.allows(socket.remoteAddress ?? '')) {
    socket.destroy();
    throw new Problem('image-url-refused');
  }
  if (!url.secure) return socket;
  const secured = connectTls({
    socket,
    host: url.host,
    // An address is not a valid server name (RFC 6066 §3); the certificate is checked for `host`.
    ...(url.family === 0 && { servername: url.host }),
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    secureOptions: CLEANSE_PLAINTEXT,
    ...(opening.authorities !== undefined && { ca: opening.authorities }),
  });
  return ready(secured, 'secureConnect', opening.signal);
}

async function firstToAnswer(port: number, { addresses, signal }: Opening): Promise<Socket> {
  for (const host of addresses.slice(0, MAX_ADDRESSES)) {
    try {
      return await within(signal, ONE_ADDRESS_MS, (trying) =>
        ready(connectTcp({ host, port, noDelay: true }), 'connect', trying),
      );
    } catch {
      signal.throwIfAborted();
    }
  }
  throw new Problem('image-url-failed', { detail: 'The host could not be connected to' });
}

/** Resolves when the socket is connected; destroys it on failure or abort. */
async function ready<T extends Socket>(
  socket: T,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<T> {
  const giveUp = (): void => void socket.destroy();
  // This listener stays: a socket may fail after use.
  socket.on('error', giveUp);
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  try {
    return await new Promise<T>((resolve, reject) => {
      socket.once(event, () => resolve(socket));
      socket.once('close', () => reject(new Problem('image-url-failed', { detail: DETAIL[event] })));
    });
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

const DETAIL = {
  connect: 'The host could not be connected to',
  secureConnect: 'No secure connection with the host came about: its certificate may not be valid',
};
