import { Problem } from '#contracts/problem.catalogue.js';
import { wipe } from '#vault/wipe.js';
import type { Part } from './multipart-reader.js';
import { ByteFeed } from './byte-feed.js';

const [AMPERSAND, EQUALS, PERCENT, PLUS, SPACE] = [0x26, 0x3d, 0x25, 0x2b, 0x20];
const MAX_NAME_BYTES = 100;

const malformed = (): Problem =>
  new Problem('invalid-request', { detail: 'The body is not application/x-www-form-urlencoded' });

/**
 * Reads `application/x-www-form-urlencoded` (WHATWG URL §5.1) as it arrives, field by field. Values stay bytes: an image
 * in base64 may be one, and a string could not be wiped. In the fields of `plusStays` a `+` is itself, because base64
 * has it and clients forget to escape it. A value must be read before the next field is asked for.
 * @throws Problem `invalid-request` when it is no such form | `upload-interrupted`
 */
export async function* readUrlencoded(
  source: AsyncIterable<Buffer>,
  plusStays: ReadonlySet<string> = new Set(),
): AsyncGenerator<Part, void> {
  const feed = new ByteFeed(source);
  try {
    while ((await feed.peek()) !== undefined) {
      const name = await readName(feed);
      if ((await feed.peek()) === EQUALS) feed.take(1);
      const body = decoded(feed, { end: AMPERSAND, plusStays: plusStays.has(name) });
      if (name !== '') yield { name, isFile: false, body };
      for await (const unread of body) wipe(unread);
      feed.take(1);
    }
  } finally {
    feed.close();
  }
}

async function readName(feed: ByteFeed): Promise<string> {
  let name = Buffer.alloc(0);
  for await (const piece of decoded(feed, { end: EQUALS, plusStays: false })) {
    name = Buffer.concat([name, piece]);
    if (name.length > MAX_NAME_BYTES) throw malformed();
  }
  return name.toString('utf8');
}

interface Decoding {
  /** What ends a name or value, as `&` does too. It is not taken. */
  end: number;
  plusStays: boolean;
}

async function* decoded(feed: ByteFeed, decoding: Decoding): AsyncGenerator<Buffer, void> {
  for (;;) {
    const { used, written, ended } = decodeInPlace(feed.bytes, decoding);
    const plain = feed.take(used).subarray(0, written);
    if (written > 0) yield plain;
    if (ended) return;
    if (await feed.more()) continue;
    if (feed.bytes.length > 0) throw malformed();
    return;
  }
}

/** Puts what escapes stand for over them. One that is cut off at the end is not used. */
function decodeInPlace(
  bytes: Buffer,
  { end, plusStays }: Decoding,
): { used: number; written: number; ended: boolean } {
  let [used, written] = [0, 0];
  while (used < bytes.length) {
    const byte = bytes[used] ?? 0;
    if (byte === end || byte === AMPERSAND) return { used, written, ended: true };
    if (byte === PERCENT) {
      if (used + 3 > bytes.length) break;
      bytes[written++] = hexByte(bytes, used + 1);
      used += 3;
    } else {
      bytes[written++] = byte === PLUS && !plusStays ? SPACE : byte;
      used += 1;
    }
  }
  return { used, written, ended: false };
}

function hexByte(bytes: Buffer, at: number): number {
  return (hexDigit(bytes[at] ?? 0) << 4) | hexDigit(bytes[at + 1] ?? 0);
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  if (letter >= 0x61 && letter <= 0x66) return letter - 0x57;
  throw malformed();
}
