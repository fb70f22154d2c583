import { wipe } from '#crypto/wipe.js';

/** One message between the worker and its engine: a small JSON header and raw bytes, which may be empty. */
export interface Frame {
  header: unknown;
  payload: Buffer;
}

/** Largest sizes of the parts of a frame. */
export interface FrameLimits {
  maxHeaderBytes: number;
  maxPayloadBytes: number;
}

/** The peer does not follow this protocol. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

type Part = 'header-length' | 'header' | 'payload-length' | 'payload';

const LENGTH_BYTES = 4;

/**
 * The bytes of a frame before its payload: header length (4 bytes, big endian), header as JSON in UTF-8, payload length
 * (4 bytes, big endian).
 */
export function frameHead(header: unknown, payloadBytes: number): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(json.length + 2 * LENGTH_BYTES);
  prefix.writeUInt32BE(json.length, 0);
  json.copy(prefix, LENGTH_BYTES);
  prefix.writeUInt32BE(payloadBytes, LENGTH_BYTES + json.length);
  return prefix;
}

/** Assembles frames from pieces of any size. Bytes are copied, so pieces may be wiped afterwards. */
export class FrameDecoder {
  private part: Part = 'header-length';
  private buffer = Buffer.alloc(LENGTH_BYTES);
  private filled = 0;
  private header: unknown;

  constructor(private readonly limits: FrameLimits) {}

  /**
   * Takes the next bytes of the stream and returns the frames they complete. The caller wipes the payloads.
   * @throws FrameError when a length exceeds its limit or a header is not JSON; the stream cannot be used any more
   */
  push(piece: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    let at = 0;
    while (at < piece.length) {
      const taken = piece.subarray(at, at + this.buffer.length - this.filled);
      this.buffer.set(taken, this.filled);
      this.filled += taken.length;
      at += taken.length;
      // A part of length 0 is complete at once, so completing one may complete the next.
      while (this.filled === this.buffer.length) this.complete(frames);
    }
    return frames;
  }

  /** Wipes the incomplete frame. */
  discard(): void {
    wipe(this.buffer);
    this.expect('header-length', LENGTH_BYTES);
  }

  private complete(frames: Frame[]): void {
    switch (this.part) {
      case 'header-length':
        this.expect('header', this.length(this.limits.maxHeaderBytes));
        break;
      case 'header':
        this.header = parse(this.buffer);
        this.expect('payload-length', LENGTH_BYTES);
        break;
      case 'payload-length':
        this.expect('payload', this.length(this.limits.maxPayloadBytes));
        break;
      case 'payload':
        frames.push({ header: this.header, payload: this.buffer });
        this.expect('header-length', LENGTH_BYTES);
    }
  }

  private length(max: number): number {
    const length = this.buffer.readUInt32BE(0);
    if (length > max) throw new FrameError('a frame is too long');
    return length;
  }

  private expect(part: Part, bytes: number): void {
    this.part = part;
    // Not from Node's pool: a payload shares its memory with nothing.
    this.buffer = Buffer.allocUnsafeSlow(bytes);
    this.filled = 0;
  }
}

function parse(json: Buffer): unknown {
  try {
    return JSON.parse(json.toString('utf8'));
  } catch {
    throw new FrameError('a header is not JSON');
  }
}
