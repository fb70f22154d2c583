import { randomBytes } from 'node:crypto';
import { connect, createServer, type Server } from 'node:tls';

/** Zeros of one scrub: several TLS records, each of which Node decrypts through the same place on its stack. */
const SCRUB_BYTES = 131_072;

/** Delay of the scrub after a fetch; fetches within it share one. */
const DELAY_MS = 50;

/** Time limit of a scrub. */
const SCRUB_LIMIT_MS = 5000;

/** Pre-shared key ciphers (RFC 5487): both ends are in this process and need no certificate. */
const SUITE = { ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' } as const;

/**
 * Node leaves its last decrypted TLS record, up to 16 KiB, on the stack of its thread until a call of the same depth overwrites
 * it, which can take hours. After each fetch over TLS, this process sends itself zeros over TLS with a random key, on an
 * abstract socket (Linux) or a loopback port.
 */
export class TlsScrub {
  private timer: NodeJS.Timeout | undefined;

  /** Schedules a scrub. It does not keep the process alive. */
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

/** Reads the zeros from the server. */
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
    socket.setTimeout(SCRUB_LIMIT_MS, () => socket.destroy());
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
