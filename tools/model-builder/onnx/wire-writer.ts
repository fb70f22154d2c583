import { Wire } from './wire-reader.js';

/** Byte values up to this length are copied next to their neighbours, longer ones are referred to. */
const COPY_BYTES = 256;

/**
 * Collects the fields of one message as pieces. Large byte values and the pieces of inner messages are referred
 * to and not copied, so that writing a model of 90 MB costs no second 90 MB.
 */
export class WireWriter {
  readonly #pieces: Uint8Array[] = [];
  #small: number[] = [];
  #length = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#length + this.#small.length;
  }

  /** Everything written so far, in order. */
  get pieces(): readonly Uint8Array[] {
    this.#flush();
    return this.#pieces;
  }

  tag(field: number, wire: number): this {
    return this.varint(BigInt(field * 8 + wire));
  }

  varint(value: bigint): this {
    let left = BigInt.asUintN(64, value);
    while (left > 0x7fn) {
      this.#small.push(Number(left & 0x7fn) | 0x80);
      left >>= 7n;
    }
    this.#small.push(Number(left));
    return this;
  }

  float(value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.raw(bytes);
  }

  /** A field of bytes. */
  bytes(field: number, value: Uint8Array): this {
    return this.tag(field, Wire.bytes).varint(BigInt(value.length)).raw(value);
  }

  /** A field with another message in it. */
  message(field: number, inner: WireWriter): this {
    this.tag(field, Wire.bytes).varint(BigInt(inner.length));
    for (const piece of inner.pieces) this.raw(piece);
    return this;
  }

  /** Bytes as they are, without a tag. */
  raw(bytes: Uint8Array): this {
    if (bytes.length <= COPY_BYTES) {
      for (const byte of bytes) this.#small.push(byte);
    } else {
      this.#flush();
      this.#pieces.push(bytes);
      this.#length += bytes.length;
    }
    return this;
  }

  #flush(): void {
    if (this.#small.length === 0) return;
    this.#pieces.push(Uint8Array.from(this.#small));
    this.#length += this.#small.length;
    this.#small = [];
  }
}
