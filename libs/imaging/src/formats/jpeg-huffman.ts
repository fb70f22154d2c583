import { wipe } from '#crypto/wipe.js';
import { corrupt } from './byte-cursor.js';

/** Longest code, in bits. */
const MAX_CODE_BITS = 16;
const COUNTS_AND_SELECTOR_BYTES = 1 + MAX_CODE_BITS;

/** Low bits of an entry that hold its bit count. */
const BITS_SHIFT = 5;
/** Steps of an end of block: more than there are coefficients, and more than any other symbol can reach. */
export const END_OF_BLOCK = 128;

/**
 * A Huffman table (ITU-T T.81, annex C) as a single lookup table, indexed by the next 16 bits; 0 where there is no
 * such code. An entry is steps × 32 + bits. For DC coefficients, steps is 1 + the size of the difference, and bits is
 * the length of the code. For AC coefficients, steps is the number of coefficients that the symbol advances, or
 * `END_OF_BLOCK`, and bits is the length of the code and its value.
 */
export type HuffmanTable = Uint16Array;

/** Table class: DC for the first coefficient of a block, AC for the others. */
type TableClass = 'dc' | 'ac';

/**
 * The tables of T.81, annex K, as the body of a DHT segment: selector, number of codes of each length, symbols.
 * Motion JPEG frames contain no tables, and decoders use these.
 */
const STANDARD_TABLES = Buffer.from(
  '0000010501010101010100000000000000000102030405060708090a0b' +
    '100002010303020403050504040000017d01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282' +
    '090a161718191a25262728292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a' +
    '838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9da' +
    'e1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa' +
    '0100030101010101010101010000000000000102030405060708090a0b' +
    '1100020102040403040705040400010277000102031104052131061241510761711322328108144291a1b1c109233352f0156272d1' +
    '0a162434e125f11718191a262728292a35363738393a434445464748494a535455565758595a636465666768696a737475767778797a' +
    '82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9da' +
    'e2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa',
  'hex',
);

/** A table definition: counts, then symbols. A part of the file. */
type Definition = Buffer;

/** The Huffman tables at a position in a JPEG. */
export class HuffmanTables {
  private readonly definitions = definitionsIn(STANDARD_TABLES);
  private readonly built = new Map<Definition, HuffmanTable>();
  private readonly copies: Buffer[] = [];

  /** Adds the body of a DHT segment, as a copy: parts of the file may be moved while it is read. */
  define(body: Buffer): void {
    const copy = Buffer.from(body);
    this.copies.push(copy);
    for (const [key, definition] of definitionsIn(copy)) {
      this.forget(this.definitions.get(key));
      this.definitions.set(key, definition);
    }
  }

  /** A table by its number. @throws Problem `image-corrupt` when it is missing or invalid */
  table(kind: TableClass, number: number): HuffmanTable {
    const definition = this.definitions.get(keyOf(kind, number));
    if (definition === undefined) throw corrupt();
    const table = this.built.get(definition) ?? lookUp(definition, kind === 'dc' ? firstEntry : otherEntry);
    this.built.set(definition, table);
    return table;
  }

  /** Overwrites everything: an encoder may have optimized the tables for this image. */
  wipe(): void {
    wipe(...this.built.values(), ...this.copies);
  }

  private forget(definition: Definition | undefined): void {
    if (definition === undefined) return;
    wipe(this.built.get(definition));
    this.built.delete(definition);
  }
}

const keyOf = (kind: TableClass, number: number): string => `${kind} ${number}`;

function definitionsIn(body: Buffer): Map<string, Definition> {
  const found = new Map<string, Definition>();
  for (let at = 0; at + COUNTS_AND_SELECTOR_BYTES <= body.length;) {
    const selector = body[at] ?? 0;
    const counts = body.subarray(at + 1, at + COUNTS_AND_SELECTOR_BYTES);
    const to = at + COUNTS_AND_SELECTOR_BYTES + counts.reduce((sum, count) => sum + count, 0);
    if (to > body.length) throw corrupt();
    found.set(keyOf(selector >> 4 === 0 ? 'dc' : 'ac', selector & 15), body.subarray(at + 1, to));
    at = to;
  }
  return found;
}

/** Fills the range of the lookup table that starts with each code, shortest codes first. */
function lookUp(definition: Definition, entryOf: (symbol: number, bits: number) => number): HuffmanTable {
  const table = new Uint16Array(1 << MAX_CODE_BITS);
  let next = 0;
  let at = MAX_CODE_BITS;
  for (let bits = 1; bits <= MAX_CODE_BITS; bits += 1) {
    const span = 1 << (MAX_CODE_BITS - bits);
    for (let n = definition[bits - 1] ?? 0; n > 0; n -= 1, next += span, at += 1) {
      if (next + span > table.length) throw corrupt();
      table.fill(entryOf(definition[at] ?? 0, bits), next, next + span);
    }
  }
  return table;
}

function firstEntry(symbol: number, bits: number): number {
  if (symbol > 15) throw corrupt();
  return ((1 + symbol) << BITS_SHIFT) | bits;
}

/** The upper half of a symbol is a run of zeros, the lower the size of the value after it (T.81, F.1.2.2). */
function otherEntry(symbol: number, bits: number): number {
  const zeros = symbol >> 4;
  const size = symbol & 15;
  const steps = size === 0 && zeros < 15 ? END_OF_BLOCK : zeros + 1;
  return (steps << BITS_SHIFT) | (bits + size);
}

/** Bits that an entry takes, and its steps. */
export const bitsOf = (entry: number): number => entry & ((1 << BITS_SHIFT) - 1);
export const stepsOf = (entry: number): number => entry >> BITS_SHIFT;
