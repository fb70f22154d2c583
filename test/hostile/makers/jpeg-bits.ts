/** Symbols of DC differences have this many bits: there are up to 16 of them. */
const DC_BITS = 5;

/** Writes entropy-coded bits with stuffing and restart markers (ITU-T T.81, F.1.2). */
export class BitWriter {
  private readonly bytes: number[] = [];
  private held = 0;
  private count = 0;
  private restarts = 0;

  /** Writes the `bits` lowest bits of a number, the highest first. */
  write(value: number, bits: number): void {
    for (let bit = bits - 1; bit >= 0; bit -= 1) {
      this.held = (this.held << 1) | ((value >> bit) & 1);
      this.count += 1;
      if (this.count === 8) this.byte();
    }
  }

  /** Fills the byte up and writes the next of the eight restart markers. */
  restart(): void {
    this.fill();
    this.bytes.push(0xff, 0xd0 + (this.restarts % 8));
    this.restarts += 1;
  }

  /** Everything written. */
  end(): Buffer {
    this.fill();
    return Buffer.from(this.bytes);
  }

  private fill(): void {
    while (this.count > 0) this.write(1, 1);
  }

  private byte(): void {
    this.bytes.push(this.held);
    if (this.held === 0xff) this.bytes.push(0);
    this.held = 0;
    this.count = 0;
  }
}

/**
 * Huffman table in which all symbols have codes of the same length, so that a symbol is its own code: for DC (class and
 * place 0x00) 5 bits and the sizes 0 to 15, for AC (0x10) 9 bits and all 256 pairs of run and size.
 */
export function flatTable(place: number): Buffer {
  const isDc = place < 0x10;
  const symbols = isDc ? 16 : 256;
  const lengths = Buffer.alloc(16);
  // 256 does not fit into a byte: the last symbol, which nothing uses, is left out.
  lengths[(isDc ? DC_BITS : 9) - 1] = Math.min(symbols, 255);
  return Buffer.concat([
    Buffer.from([place]),
    lengths,
    Buffer.from(Array.from({ length: Math.min(symbols, 255) }, (_, i) => i)),
  ]);
}

/** A difference of two DC levels: its size, then its bits, those of a negative one less 1 (F.1.2.1). */
export function writeDifference(bits: BitWriter, difference: number): void {
  const size = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
  bits.write(size, DC_BITS);
  bits.write(difference < 0 ? difference + 2 ** size - 1 : difference, size);
}
