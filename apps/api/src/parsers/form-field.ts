import { wipe } from '#crypto/wipe.js';

/**
 * Kind of a value: `text` in forms; in JSON also `literal` (a number or boolean), `null`, and `nested` (an object or array,
 * whose content is skipped).
 */
export type ValueKind = 'text' | 'literal' | 'null' | 'nested';

/** One field of a form, or member of a JSON object, while it arrives. */
export interface FormField {
  /** Empty when it is longer than any known name. Valid until `body` is read. */
  name: Buffer;
  /** True when the field has a file name, which is not read. */
  isFile: boolean;
  kind: ValueKind;
  /** Bytes of the value. Each piece is valid until the next is requested. Unread bytes are skipped. */
  body: AsyncIterable<Buffer>;
}

/** Longest name of a known field, in bytes. */
export const MAX_NAME_BYTES = 100;

/** The name of a field while it arrives. Bytes beyond the longest known name are not copied. */
export class FieldName {
  private readonly bytes = Buffer.alloc(MAX_NAME_BYTES);
  private length = 0;

  /** The name; empty when it is too long. */
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
