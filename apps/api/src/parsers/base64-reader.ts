import { Problem } from '#contracts/problem.catalogue.js';
import { wipe } from '#vault/wipe.js';
import { ByteFeed } from './byte-feed.js';

const [COMMA, PAD, BAD, SKIPPED] = [0x2c, 64, 255, 254];
const SCHEME = 'data:';
const MAX_PREFIX_BYTES = 256;

/** Value of each byte: of both alphabets of RFC 4648 (§4 and §5). White space is skipped. */
const VALUES = new Uint8Array(256).fill(BAD);
'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/='
  .split('')
  .forEach((letter, value) => (VALUES[letter.charCodeAt(0)] = value));
VALUES[0x2d] = 62;
VALUES[0x5f] = 63;
for (const space of [0x20, 0x09, 0x0a, 0x0d]) VALUES[space] = SKIPPED;

const malformed = (): Problem => new Problem('image-corrupt', { detail: 'The image is not valid base64' });

/**
 * Decodes base64 as it arrives, behind a data URL's prefix (RFC 2397) if there is one, wrapped in lines or not, padded
 * or not. Wipes what it has read; whoever takes a piece wipes that.
 * @throws Problem `image-corrupt` when it is no base64, and whatever the source throws
 */
export async function* readBase64(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const feed = new ByteFeed(source);
  try {
    await skipPrefix(feed);
    const groups = new Base64Groups();
    do {
      const plain = groups.decode(feed.take());
      if (plain.length > 0) yield plain;
    } while (await feed.more());
    groups.end();
  } finally {
    feed.close();
  }
}

/** Takes `data:image/png;base64,` away. */
async function skipPrefix(feed: ByteFeed): Promise<void> {
  while (feed.bytes.length < SCHEME.length) if (!(await feed.more())) return;
  // Nothing of an image stands in so few bytes; a colon is no base64.
  if (feed.bytes.toString('latin1', 0, SCHEME.length).toLowerCase() !== SCHEME) return;
  let comma = feed.bytes.indexOf(COMMA);
  while (comma === -1) {
    if (feed.bytes.length > MAX_PREFIX_BYTES || !(await feed.more())) throw malformed();
    comma = feed.bytes.indexOf(COMMA);
  }
  if (comma > MAX_PREFIX_BYTES) throw malformed();
  const prefix = feed.take(comma + 1).toString('latin1');
  if (!/;base64,$/i.test(prefix)) throw malformed();
}

/** Decodes text in pieces that are cut anywhere. */
class Base64Groups {
  /** Bits that do not make a whole byte yet. */
  private bits = 0;
  /** Letters of the present group of four. */
  private letters = 0;
  private padded = false;

  /** Bytes that `text` completes. */
  decode(text: Buffer): Buffer {
    const plain = Buffer.allocUnsafeSlow(Math.ceil((text.length * 3) / 4) + 1);
    try {
      return plain.subarray(0, this.decodeInto(plain, text));
    } catch (error) {
      wipe(plain);
      throw error;
    }
  }

  /** @throws Problem `image-corrupt` when the text ends within a byte */
  end(): void {
    if (this.letters === 1) throw malformed();
  }

  private decodeInto(plain: Buffer, text: Buffer): number {
    let { bits, letters } = this;
    let at = 0;
    for (const byte of text) {
      const value = VALUES[byte] ?? BAD;
      if (value < PAD && !this.padded) {
        bits = ((bits << 6) | value) & 0xfff;
        letters = (letters + 1) & 3;
        if (letters !== 1) plain[at++] = bits >> (SHIFT_OF[letters] ?? 0);
      } else if (value === PAD) this.pad(letters);
      else if (value !== SKIPPED) throw malformed();
    }
    this.bits = bits;
    this.letters = letters;
    return at;
  }

  private pad(letters: number): void {
    if (letters < 2 && !this.padded) throw malformed();
    this.padded = true;
  }
}

/** Bits beyond the byte that a group's 4th (here: 0th), 2nd or 3rd letter completes. */
const SHIFT_OF = [0, 0, 4, 2];
