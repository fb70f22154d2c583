import { randomBytes } from 'node:crypto';
import { connect, createServer, type Server } from 'node:tls';

/** Node deciphers a connection's records, of at most 16 KiB, through one place on its stack; several overwrite it. */
const SCRUB_BYTES = 131_072;

/** A fetch is followed by a scrub within this time; fetches in between share one. */
const DELAY_MS = 50;

/** Longest a scrub may take. */
const MOST_MS = 5000;

/** Ciphers of a shared key (RFC 5487): both ends are here, and need no certificate. */
const SUITE = { ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' } as const;

/**
 * What Node deciphered last stays on the stack of its thread, up to a whole record of 16 KiB, until something of the
 * same depth comes along: on a quiet service for hours. After each fetch over TLS, zeros go the same way: from this
 * process to itself, under a key drawn for the purpose, over an abstract socket (Linux) or a loopback port.
 */
export class TlsScrub {
  private timer: NodeJS.Timeout | undefined;

  /** Sees to a scrub. Whoever stops the process first has no need of it. */
  soon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void scrub().catch(() => undefined);
    }, DELAY_MS).unref();
  }
}

async function scrub(): Promise<void> {
  const psk = randomBytes(16);
  const server = createServer({ ...SUITE, pskCallback: () => psk, pskIdentityHint: 'scrub' }, (socket) => {
    socket.on('error', () => undefined).end(Buffer.alloc(SCRUB_BYTES));
  });
  try {
    await listening(server);
    await zerosFrom(server, psk);
  } finally {
    server.close();
  }
}

/** Reads them, from a server that has none but these. */
function zerosFrom(server: Server, psk: Buffer): Promise<void> {
  const address = server.address();
  const where =
    typeof address === 'string' ? { path: address } : { host: '127.0.0.1', port: address?.port ?? 0 };
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...where,
      ...SUITE,
      pskCallback: () => ({ psk, identity: 'scrub' }),
      checkServerIdentity: () => undefined,
    });
    socket.setTimeout(MOST_MS, () => socket.destroy());
    socket.once('error', reject).once('close', () => resolve());
    socket.resume();
  });
}

function listening(server: Server): Promise<void> {
  server.on('tlsClientError', () => undefined);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    if (process.platform === 'linux') {
      server.listen(`\0removebg-scrub-${randomBytes(8).toString('hex')}`, () => resolve());
    } else server.listen(0, '127.0.0.1', () => resolve());
  });
}
