import type { UploadPart } from '#broker/job.record.js';
import { jobOptionsSchema } from '#contracts/job.options.js';

/** What one field of a form holds. */
export type FieldSpec =
  | { kind: 'text'; maxBytes: number }
  | { kind: 'file'; role: UploadPart['role']; encoding: 'bytes' | 'base64' };

/** A field that is known. */
export interface KnownField {
  name: string;
  spec: FieldSpec;
}

/** Longest value of an option of the image: those that are right are shorter. */
const MAX_OPTION_BYTES = 128;

/** A text of at most `maxBytes`. */
export const text = (maxBytes: number): FieldSpec => ({ kind: 'text', maxBytes });

/** A file. */
export const file = (role: UploadPart['role'], encoding: 'bytes' | 'base64' = 'bytes'): FieldSpec => ({
  kind: 'file',
  role,
  encoding,
});

/** The fields of the image's options. */
export const optionFields = (
  names: readonly string[] = Object.keys(jobOptionsSchema.shape),
): Record<string, FieldSpec> => Object.fromEntries(names.map((name) => [name, text(MAX_OPTION_BYTES)]));

/** The fields that a form may have. Names are compared as bytes: one that is not known never becomes a string. */
export class FieldTable {
  private readonly entries: readonly (KnownField & { bytes: Buffer })[];

  constructor(specs: Record<string, FieldSpec>) {
    this.entries = Object.entries(specs).map(([name, spec]) => ({ name, spec, bytes: Buffer.from(name) }));
  }

  /** The field of that name; undefined when it is not known. */
  find(name: Buffer): KnownField | undefined {
    return this.entries.find(({ bytes }) => bytes.equals(name));
  }
}
