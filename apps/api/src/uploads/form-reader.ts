import type { UploadPart } from '#broker/job.record.js';
import { jobOptionsSchema } from '#contracts/job.options.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { wipe } from '#vault/wipe.js';
import { readBase64 } from '../parsers/base64-reader.js';
import type { FormField, ValueKind } from '../parsers/form-field.js';
import { ByteBudget, repeatedFile, type UploadTarget } from './upload-source.js';

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

/** Fields of one form, known or not. */
const MAX_FIELDS = 1000;

/** A text as it was sent. */
export interface FieldText {
  text: string;
  kind: ValueKind;
}

/** Content of a form. */
export interface FormContent {
  /** Known fields that are no files, by name. Of a field that comes twice the last one counts. */
  texts: ReadonlyMap<string, FieldText>;
  /** Names of texts that came more than once, each time with a value. */
  repeated: ReadonlySet<string>;
  /** Files that were written to the target. An empty one counts as absent. */
  files: ReadonlySet<UploadPart['role']>;
  /** A field of another name has come. */
  hasUnknown: boolean;
}

/**
 * Reads a form, whatever its encoding. The name of a field decides before anything of its value is copied: a known file
 * is written to the target as it arrives, a known text is bounded, everything else is skipped.
 * @throws Problem `multiple-images` | `multiple-backgrounds` | `invalid-request` for a text beyond its bound, or beyond
 * 1,000 fields
 */
export async function readForm(
  fields: AsyncIterable<FormField>,
  table: FieldTable,
  target: UploadTarget,
): Promise<FormContent> {
  const reader = new FormReader(target);
  let left = MAX_FIELDS;
  for await (const field of fields) {
    if (left-- === 0) throw new Problem('invalid-request', { detail: `More than ${MAX_FIELDS} fields` });
    const known = table.find(field.name);
    if (known === undefined) reader.hasUnknown = true;
    else await reader.read(known, field);
  }
  return reader;
}

class FormReader implements FormContent {
  readonly texts = new Map<string, FieldText>();
  readonly repeated = new Set<string>();
  readonly files = new Set<UploadPart['role']>();
  hasUnknown = false;
  private readonly budget: ByteBudget;

  constructor(private readonly target: UploadTarget) {
    this.budget = new ByteBudget(target.maxBytes);
  }

  async read({ name, spec }: KnownField, { kind, body }: FormField): Promise<void> {
    if (spec.kind === 'text') {
      const text = await readText(body, name, spec.maxBytes);
      if (text !== '' && (this.texts.get(name)?.text ?? '') !== '') this.repeated.add(name);
      this.texts.set(name, { text, kind });
      return;
    }
    if (kind === 'nested') throw new Problem('invalid-request', { detail: `${name} is to be a text` });
    const bytes = await unlessEmpty(body);
    if (bytes === undefined) return;
    if (this.files.has(spec.role)) throw repeatedFile(spec.role);
    this.files.add(spec.role);
    const file = spec.encoding === 'base64' ? readBase64(bytes) : bytes;
    await this.target.writeFile(spec.role, this.budget.limit(file));
  }
}

/** The text of a field. The memory in which it arrives is wiped. @throws Problem `invalid-request` beyond `maxBytes` */
async function readText(body: AsyncIterable<Buffer>, name: string, maxBytes: number): Promise<string> {
  const held = Buffer.allocUnsafeSlow(maxBytes);
  let length = 0;
  try {
    for await (const piece of body) {
      if (length + piece.length > maxBytes) {
        throw new Problem('invalid-request', { detail: `${name} is longer than ${maxBytes} bytes` });
      }
      length += piece.copy(held, length);
    }
    return held.toString('utf8', 0, length);
  } finally {
    wipe(held);
  }
}

/** The same bytes, or undefined when there are none. */
async function unlessEmpty(body: AsyncIterable<Buffer>): Promise<AsyncIterable<Buffer> | undefined> {
  const pieces = body[Symbol.asyncIterator]();
  let next = await pieces.next();
  if (next.done === true) return undefined;
  return (async function* (): AsyncGenerator<Buffer, void> {
    for (; next.done !== true; next = await pieces.next()) yield next.value;
  })();
}
