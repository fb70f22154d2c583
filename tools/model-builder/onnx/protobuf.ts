/** The bytes are not a protocol buffer message, or not the expected one. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** Wire types: https://protobuf.dev/programming-guides/encoding/ */
export const Wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const SAFE_VARINT_BYTES = 4;
const MAX_VARINT_BYTES = 10;

/** Reads the fields of one message. Byte values are views into the message, never copies. */
export class WireReader {
  private readonly message: Uint8Array;
  private readonly view: DataView;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.message = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.at >= this.message.length;
  }

  /** Offset of the next byte. */
  get offset(): number {
    return this.at;
  }

  /** The bytes from `from` to the current offset. */
  since(from: number): Uint8Array {
    return this.message.subarray(from, this.at);
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
      const byte = this.byte();
      small += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return BigInt(small);
    }
    let large = BigInt(small);
    for (let i = SAFE_VARINT_BYTES; i < MAX_VARINT_BYTES; i += 1) {
      const byte = this.byte();
      large |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return BigInt.asIntN(64, large);
    }
    throw new WireError('a number has more than ten bytes');
  }

  /** A float of 32 bits. */
  float(): number {
    return this.view.getFloat32(this.advance(4), true);
  }

  /** Length-prefixed bytes. */
  bytes(): Uint8Array {
    const length = Number(this.varint());
    if (length < 0) throw new WireError('a field has a negative length');
    const start = this.advance(length);
    return this.message.subarray(start, start + length);
  }

  /** Skips a value. */
  skip(wire: number): void {
    if (wire === Wire.varint) this.varint();
    else if (wire === Wire.bytes) this.bytes();
    else this.advance(wire === Wire.fixed32 ? 4 : 8);
  }

  private byte(): number {
    return this.message[this.advance(1)] as number;
  }

  private advance(length: number): number {
    const start = this.at;
    if (start + length > this.message.length) throw new WireError('the message ends too early');
    this.at += length;
    return start;
  }
}

/** Byte values up to this length are copied into the current chunk; longer ones are referenced. */
const COPY_BYTES = 256;

/**
 * Writes the fields of one message as chunks. Large byte values and the chunks of nested messages are referenced and
 * not copied, so that writing a model of 90 MB does not need another 90 MB.
 */
export class WireWriter {
  private readonly collected: Uint8Array[] = [];
  private small: number[] = [];
  private collectedBytes = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.collectedBytes + this.small.length;
  }

  /** All chunks written so far, in order. */
  get pieces(): readonly Uint8Array[] {
    this.flush();
    return this.collected;
  }

  tag(field: number, wire: number): this {
    return this.varint(BigInt(field * 8 + wire));
  }

  varint(value: bigint): this {
    let left = BigInt.asUintN(64, value);
    while (left > 0x7fn) {
      this.small.push(Number(left & 0x7fn) | 0x80);
      left >>= 7n;
    }
    this.small.push(Number(left));
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

  /** A field with a nested message. */
  message(field: number, inner: WireWriter): this {
    this.tag(field, Wire.bytes).varint(BigInt(inner.length));
    for (const piece of inner.pieces) this.raw(piece);
    return this;
  }

  /** Bytes without a tag. */
  raw(bytes: Uint8Array): this {
    if (bytes.length <= COPY_BYTES) {
      for (const byte of bytes) this.small.push(byte);
    } else {
      this.flush();
      this.collected.push(bytes);
      this.collectedBytes += bytes.length;
    }
    return this;
  }

  private flush(): void {
    if (this.small.length === 0) return;
    this.collected.push(Uint8Array.from(this.small));
    this.collectedBytes += this.small.length;
    this.small = [];
  }
}
