import { Problem } from '#contracts/problem-catalog.js';
import { wipe } from '#crypto/wipe.js';

const [COMMA, PAD, BAD, SKIPPED] = [0x2c, 64, 255, 254];
const SCHEME = 'data:';
const MAX_PREFIX_BYTES = 256;

/** Value of each byte, of both alphabets of RFC 4648 (§4 and §5). White space is skipped. */
const VALUES = new Uint8Array(256).fill(BAD);
'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/='
  .split('')
  .forEach((letter, value) => (VALUES[letter.charCodeAt(0)] = value));
VALUES[0x2d] = 62;
VALUES[0x5f] = 63;
for (const space of [0x20, 0x09, 0x0a, 0x0d]) VALUES[space] = SKIPPED;

/** Bits left after the byte that the 4th (index 0), 2nd or 3rd letter of a group completes. */
const SHIFT_OF = Uint8Array.of(0, 0, 4, 2);

const malformed = (): Problem => new Problem('image-corrupt', { detail: 'The image is not valid base64.' });

/**
 * Decodes base64 as it arrives, with or without the prefix of a data URL (RFC 2397), line breaks and padding. Decoded bytes
 * overwrite the text, so that wiping the text wipes them. General decoders make strings, which cannot be wiped.
 * @throws Problem `image-corrupt` when it is not base64, and what the source throws
 */
export async function* readBase64(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const prefix = new DataUrlPrefix();
  const decoder = new Base64Decoder();
  try {
    for await (const text of source) {
      for (const part of prefix.isOver ? [text] : prefix.remove(text)) {
        const plain = decoder.decode(part);
        if (plain.length > 0) yield plain;
      }
    }
    const plain = decoder.decode(prefix.end());
    if (plain.length > 0) yield plain;
    decoder.end();
  } finally {
    prefix.close();
  }
}

/** Removes the prefix of a data URL, such as `data:image/png;base64,`, which may arrive in pieces. */
class DataUrlPrefix {
  isOver = false;
  private readonly buffer = Buffer.alloc(MAX_PREFIX_BYTES);
  private length = 0;

  /** The base64 in `text`, after the bytes that were buffered before. */
  remove(text: Buffer): Buffer[] {
    const before = this.length;
    this.length += text.copy(this.buffer, before);
    const start = this.startOfText();
    if (start === undefined) return [];
    this.isOver = true;
    return start < before ? [this.buffer.subarray(start, before), text] : [text.subarray(start - before)];
  }

  /** The buffered bytes at the end of the text. @throws Problem `image-corrupt` within a prefix */
  end(): Buffer {
    if (this.isOver) return this.buffer.subarray(0, 0);
    if (this.length >= SCHEME.length) throw malformed();
    return this.buffer.subarray(0, this.length);
  }

  close(): void {
    wipe(this.buffer);
  }

  /** Index of the first byte of the base64; undefined until it has arrived. */
  private startOfText(): number | undefined {
    // Fewer bytes than the scheme cannot be decided yet; a colon is not base64.
    if (this.length < SCHEME.length) return undefined;
    if (this.buffer.toString('latin1', 0, SCHEME.length).toLowerCase() !== SCHEME) return 0;
    const comma = this.buffer.subarray(0, this.length).indexOf(COMMA);
    if (comma === -1) {
      if (this.length === MAX_PREFIX_BYTES) throw malformed();
      return undefined;
    }
    if (!/;base64,$/i.test(this.buffer.toString('latin1', 0, comma + 1))) throw malformed();
    return comma + 1;
  }
}

/** Decodes text that arrives in pieces of any size. */
class Base64Decoder {
  /** Bits of an incomplete byte. */
  private bits = 0;
  /** Letters of the current group of four. */
  private letters = 0;
  private isPadded = false;

  /** Decodes `text` in place. Returns the decoded bytes, at its start. */
  decode(text: Buffer): Buffer {
    let { bits, letters } = this;
    let written = 0;
    for (let at = 0; at < text.length; at++) {
      const value = VALUES[text[at] ?? 0] ?? BAD;
      if (value < PAD && !this.isPadded) {
        bits = ((bits << 6) | value) & 0xfff;
        letters = (letters + 1) & 3;
        if (letters !== 1) text[written++] = bits >> (SHIFT_OF[letters] ?? 0);
      } else if (value === PAD) this.pad(letters);
      else if (value !== SKIPPED) throw malformed();
    }
    this.bits = bits;
    this.letters = letters;
    return text.subarray(0, written);
  }

  /** @throws Problem `image-corrupt` when the text ends within a byte */
  end(): void {
    if (this.letters === 1) throw malformed();
  }

  private pad(letters: number): void {
    if (letters < 2 && !this.isPadded) throw malformed();
    this.isPadded = true;
  }
}
