/** The bytes are no protocol buffer message, or not the one expected. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** How a field's value is laid out: https://protobuf.dev/programming-guides/encoding/ */
export const Wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const SAFE_VARINT_BYTES = 4;
const MAX_VARINT_BYTES = 10;

/** Walks over the fields of one message. Byte values are views into the message, never copies. */
export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Offset of the next byte to be read. */
  get offset(): number {
    return this.#at;
  }

  /** What lies between `from` and here. */
  since(from: number): Uint8Array {
    return this.#bytes.subarray(from, this.#at);
  }

  /** @throws WireError when the number of the field is 0, or its layout is none of `Wire` */
  tag(): { field: number; wire: number } {
    const tag = Number(this.varint());
    const [field, wire] = [Math.floor(tag / 8), tag % 8];
    const known: readonly number[] = Object.values(Wire);
    if (field === 0 || !known.includes(wire)) throw new WireError('not a protocol buffer message');
    return { field, wire };
  }

  /** An int64: negative numbers take ten bytes. */
  varint(): bigint {
    let small = 0;
    for (let i = 0; i < SAFE_VARINT_BYTES; i += 1) {
      const byte = this.#byte();
      small += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return BigInt(small);
    }
    let large = BigInt(small);
    for (let i = SAFE_VARINT_BYTES; i < MAX_VARINT_BYTES; i += 1) {
      const byte = this.#byte();
      large |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return BigInt.asIntN(64, large);
    }
    throw new WireError('a number of more than ten bytes');
  }

  /** A float of 32 bits. */
  float(): number {
    return this.#view.getFloat32(this.#skip(4), true);
  }

  /** Bytes with their length before them. */
  bytes(): Uint8Array {
    const length = Number(this.varint());
    if (length < 0) throw new WireError('a field of negative length');
    const start = this.#skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Passes over an unused value. */
  skip(wire: number): void {
    if (wire === Wire.varint) this.varint();
    else if (wire === Wire.bytes) this.bytes();
    else this.#skip(wire === Wire.fixed32 ? 4 : 8);
  }

  #byte(): number {
    return this.#bytes[this.#skip(1)] as number;
  }

  #skip(length: number): number {
    const start = this.#at;
    if (start + length > this.#bytes.length) throw new WireError('the message ends too early');
    this.#at += length;
    return start;
  }
}
