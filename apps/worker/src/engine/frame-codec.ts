import { wipe } from '#crypto/wipe.js';

/** One message between the worker and its engine: a small JSON header and raw bytes, possibly none. */
export interface Frame {
  header: unknown;
  payload: Buffer;
}

/** Most bytes of one frame's parts. */
export interface FrameLimits {
  maxHeaderBytes: number;
  maxPayloadBytes: number;
}

/** The other side does not speak this protocol. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

type Part = 'header-length' | 'header' | 'payload-length' | 'payload';

const LENGTH_BYTES = 4;

/**
 * What to write for one frame before its payload: header length (4 bytes, big endian), header as JSON in UTF-8, and
 * payload length (the same).
 */
export function frameHead(header: unknown, payloadBytes: number): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(json.length + 2 * LENGTH_BYTES);
  prefix.writeUInt32BE(json.length, 0);
  json.copy(prefix, LENGTH_BYTES);
  prefix.writeUInt32BE(payloadBytes, LENGTH_BYTES + json.length);
  return prefix;
}

/** Puts frames together from pieces of any size. Bytes are copied out, so pieces may be wiped afterwards. */
export class FrameDecoder {
  readonly #limits: FrameLimits;
  #part: Part = 'header-length';
  #buffer = Buffer.alloc(LENGTH_BYTES);
  #filled = 0;
  #header: unknown;

  constructor(limits: FrameLimits) {
    this.#limits = limits;
  }

  /**
   * Takes the next bytes of the stream and returns the frames they complete. A payload is the caller's to wipe.
   * @throws FrameError when a length is over its limit or a header is no JSON; the stream cannot be used further
   */
  push(piece: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    let at = 0;
    while (at < piece.length) {
      const taken = piece.subarray(at, at + this.#buffer.length - this.#filled);
      this.#buffer.set(taken, this.#filled);
      this.#filled += taken.length;
      at += taken.length;
      // A part of length 0 is complete at once, so completing one may complete the next.
      while (this.#filled === this.#buffer.length) this.#complete(frames);
    }
    return frames;
  }

  /** Wipes what has arrived of an unfinished frame. */
  discard(): void {
    wipe(this.#buffer);
    this.#expect('header-length', LENGTH_BYTES);
  }

  #complete(frames: Frame[]): void {
    switch (this.#part) {
      case 'header-length':
        this.#expect('header', this.#length(this.#limits.maxHeaderBytes));
        break;
      case 'header':
        this.#header = parse(this.#buffer);
        this.#expect('payload-length', LENGTH_BYTES);
        break;
      case 'payload-length':
        this.#expect('payload', this.#length(this.#limits.maxPayloadBytes));
        break;
      case 'payload':
        frames.push({ header: this.#header, payload: this.#buffer });
        this.#expect('header-length', LENGTH_BYTES);
    }
  }

  #length(max: number): number {
    const length = this.#buffer.readUInt32BE(0);
    if (length > max) throw new FrameError('a frame is too long');
    return length;
  }

  #expect(part: Part, bytes: number): void {
    this.#part = part;
    // Unpooled, so that a payload's memory is its own.
    this.#buffer = Buffer.allocUnsafeSlow(bytes);
    this.#filled = 0;
  }
}

function parse(json: Buffer): unknown {
  try {
    return JSON.parse(json.toString('utf8'));
  } catch {
    throw new FrameError('a header is no JSON');
  }
}
