import { wipe } from '#crypto/wipe.js';

/**
 * How a value is written: as text, which is all that forms have; or in JSON as text, as a number or boolean, as `null`,
 * or as an object or array, whose content is passed over.
 */
export type ValueKind = 'text' | 'literal' | 'null' | 'nested';

/** One field of a form, or member of a JSON object, while it arrives. */
export interface FormField {
  /** Empty when it is longer than any name that is known. Valid until `body` is read. */
  name: Buffer;
  /** The field names a file. Which one is not read. */
  isFile: boolean;
  kind: ValueKind;
  /** Bytes of the value. Each piece is valid until the next is asked for. What is not read is passed over. */
  body: AsyncIterable<Buffer>;
}

/** Longest name of a field that can be known, in bytes. */
export const MAX_NAME_BYTES = 100;

/** The name of a field while it arrives. Whatever makes it longer than a known name is not copied. */
export class FieldName {
  private readonly bytes = Buffer.alloc(MAX_NAME_BYTES);
  private length = 0;

  /** The name; empty when it is too long to be known. */
  get value(): Buffer {
    return this.bytes.subarray(0, this.length > MAX_NAME_BYTES ? 0 : this.length);
  }

  /** Adds bytes to the name. */
  append(piece: Buffer): void {
    piece.copy(this.bytes, Math.min(this.length, MAX_NAME_BYTES));
    this.length += piece.length;
  }

  /** Wipes it, for the next name. */
  reset(): void {
    wipe(this.bytes);
    this.length = 0;
  }
}
