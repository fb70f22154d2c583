import type { FileRole } from '#broker/records/job-record.js';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { mustBe } from '#contracts/option-refusal.js';
import { Problem, imageTooLarge, type ProblemCode } from '#contracts/problem-catalog.js';
import { wipe } from '#crypto/wipe.js';
import { readBase64 } from '../parsers/base64-reader.js';
import { HEAD_BYTES, isText, startsAsUrl, startsAsBase64, startsAsImage } from '../parsers/body-kind.js';
import type { FormField, ValueKind } from '../parsers/form-field.js';
import { PeekedSource } from '../parsers/byte-cursor.js';

/** Consumes the bytes of a file as they arrive, each piece before it requests the next. */
export type FileWriter = (role: FileRole, bytes: AsyncIterable<Buffer>) => Promise<void>;

/** Receives the files of an upload. */
export interface UploadTarget {
  /** Limit on the bytes of all files of a request together. */
  maxBytes: number;
  writeFile: FileWriter;
  /** Removes the file of this role, which may be incomplete, from the upload. */
  skipFile: (role: FileRole) => void;
}

/** Limits the bytes of the files of one request. */
export class ByteBudget {
  private leftBytes: number;

  constructor(private readonly maxBytes: number) {
    this.leftBytes = maxBytes;
  }

  /** The file as it arrives. Each piece is wiped once the next is requested. @throws Problem `image-too-large` beyond the budget | `missing-image` when it is empty */
  async *limit(file: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
    let isEmpty = true;
    for await (const piece of file) {
      try {
        isEmpty &&= piece.length === 0;
        this.leftBytes -= piece.length;
        if (this.leftBytes < 0) throw imageTooLarge(this.maxBytes);
        yield piece;
      } finally {
        wipe(piece);
      }
    }
    if (isEmpty) throw new Problem('missing-image', { detail: 'The image is empty.' });
  }
}

const REPEATED: Readonly<Record<FileRole, ProblemCode>> = {
  input: 'multiple-images',
  background: 'multiple-backgrounds',
  mask: 'multiple-masks',
};

/** The problem of a second image, background or mask. */
export const repeatedFile = (role: FileRole): Problem => new Problem(REPEATED[role]);

/** Encoding of a file in its field; `any`: bytes or base64, detected from the first bytes. */
export type FileEncoding = 'bytes' | 'base64' | 'any';

/** Type of a form field. */
export type FieldSpec =
  { kind: 'text'; maxBytes: number } | { kind: 'file'; role: FileRole; encoding: FileEncoding };

/** A known field. */
export interface KnownField {
  name: string;
  spec: FieldSpec;
}

/** Longest value of an option of the image. Valid values are shorter. */
export const MAX_OPTION_BYTES = 128;

/** A text field of at most `maxBytes`. */
export const text = (maxBytes: number): FieldSpec => ({ kind: 'text', maxBytes });

/** A file field. */
export const file = (role: FileRole, encoding: FileEncoding = 'bytes'): FieldSpec => ({
  kind: 'file',
  role,
  encoding,
});

/** The fields of the image options. */
export const optionFields = (
  names: readonly string[] = Object.keys(jobOptionsSchema.shape),
): Record<string, FieldSpec> => Object.fromEntries(names.map((name) => [name, text(MAX_OPTION_BYTES)]));

/** The known fields of a form. Names are compared as bytes. */
export class FieldTable {
  private readonly entries: readonly (KnownField & { bytes: Buffer })[];

  /** @param takesLoneFile true when a single file in an unknown field is the image */
  constructor(
    specs: Record<string, FieldSpec>,
    readonly takesLoneFile = false,
  ) {
    this.entries = Object.entries(specs).map(([name, spec]) => ({ name, spec, bytes: Buffer.from(name) }));
  }

  /** Names of all fields. */
  get names(): string[] {
    return this.entries.map(({ name }) => name);
  }

  /** The field of that name; undefined for an unknown name. */
  find(name: Buffer): KnownField | undefined {
    return this.entries.find(({ bytes }) => bytes.equals(name));
  }

  /** True for a field whose value is a file, also in base64. */
  readonly isFile = (name: Buffer): boolean => this.find(name)?.spec.kind === 'file';
}

/** Fields of one form, known or not. */
export const MAX_FIELDS = 1000;

/** Maximum number of unknown names that are reported, and their pattern. */
const MAX_REPORTED = 16;
const PLAIN_NAME = /^[\w.[\]-]{1,40}$/;
const MAX_PLAIN_BYTES = 40;

/** The text of a field. */
export interface FieldText {
  text: string;
  kind: ValueKind;
}

/** Content of a form. */
export interface FormContent {
  /** Known text fields by name. The last value of a repeated field counts. */
  texts: ReadonlyMap<string, FieldText>;
  /** Names of text fields with more than one value. */
  repeated: ReadonlySet<string>;
  /** Files that were written to the target. Empty files count as absent. */
  files: ReadonlySet<FileRole>;
  /** Names of known file fields that were empty. */
  empty: readonly string[];
  /** Names of ignored fields, if they are plain words; 16 at most. */
  ignored: readonly string[];
}

/** The content of a request whose body is the image. */
export const ONLY_IMAGE: FormContent = {
  texts: new Map(),
  repeated: new Set(),
  files: new Set(['input']),
  empty: [],
  ignored: [],
};

/** How clients write a field that they do not set. */
const UNSET = new Set(['', 'undefined', 'null']);

/** The texts of a form that are set, trimmed. @throws Problem `invalid-parameter` for an object or array */
export function setTexts({ texts }: FormContent): Map<string, string> {
  const nested = [...texts].find(([, { kind }]) => kind === 'nested');
  if (nested !== undefined)
    throw new Problem('invalid-parameter', mustBe(nested[0], ['a text, a number or a boolean']));
  const trimmed = [...texts].map(([name, { text }]): [string, string] => [name, text.trim()]);
  return new Map(trimmed.filter(([, text]) => !UNSET.has(text)));
}

/**
 * Reads a form of any encoding. A known file is written to the target as it arrives, the length of a known text is limited,
 * and other fields are skipped without a copy. With `takesLoneFile`, a single file in an unknown field is the image, too.
 * @throws Problem `multiple-images` | `multiple-backgrounds` | `multiple-masks` | `image-type-unsupported` for text in a file field |
 * `invalid-request` for a text beyond its limit, or more than 1,000 fields
 */
export async function readForm(
  fields: AsyncIterable<FormField>,
  table: FieldTable,
  target: UploadTarget,
): Promise<FormContent> {
  const reader = new FormReader(table, target);
  let left = MAX_FIELDS;
  for await (const field of fields) {
    if (left-- === 0)
      throw new Problem('invalid-request', { detail: `The form has more than ${MAX_FIELDS} fields.` });
    await reader.read(field);
  }
  reader.finish();
  return reader;
}

/** Problems of a file itself. A file in an unknown field that has one of them can be skipped. */
const FILE_PROBLEMS: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'image-type-unsupported',
  'image-corrupt',
  'image-truncated',
  'image-too-large',
  'image-too-many-pixels',
  'image-too-complex',
]);

class FormReader implements FormContent {
  readonly texts = new Map<string, FieldText>();
  readonly repeated = new Set<string>();
  readonly files = new Set<FileRole>();
  readonly empty: string[] = [];
  private readonly unknown: string[] = [];
  private budget: ByteBudget;
  /** Number of files in unknown fields before the image field. The first has been written. */
  private otherFiles = 0;
  private otherFile: { name: string | undefined; refusal?: Problem } | undefined;

  constructor(
    private readonly table: FieldTable,
    private readonly target: UploadTarget,
  ) {
    this.budget = new ByteBudget(target.maxBytes);
  }

  get ignored(): readonly string[] {
    return this.unknown;
  }

  async read(field: FormField): Promise<void> {
    const known = this.table.find(field.name);
    if (known === undefined) await this.readUnknown(field);
    else if (known.spec.kind === 'text') await this.readOption(known.name, known.spec.maxBytes, field);
    else await this.readFile(known.name, known.spec, field);
  }

  /** Ends the form. @throws Problem why the single file in an unknown field was rejected */
  finish(): void {
    const { otherFile } = this;
    if (otherFile === undefined || this.files.has('input')) return;
    if (this.otherFiles > 1) {
      this.target.skipFile('input');
      return;
    }
    if (otherFile.refusal !== undefined) throw otherFile.refusal;
    this.files.add('input');
    const index = otherFile.name === undefined ? -1 : this.unknown.indexOf(otherFile.name);
    if (index !== -1) this.unknown.splice(index, 1);
  }

  private async readOption(name: string, maxBytes: number, { body, kind }: FormField): Promise<void> {
    const text = await readText(body, name, maxBytes);
    if (text !== '' && (this.texts.get(name)?.text ?? '') !== '') this.repeated.add(name);
    this.texts.set(name, { text, kind });
  }

  private async readFile(
    name: string,
    { role, encoding }: Extract<FieldSpec, { kind: 'file' }>,
    field: FormField,
  ): Promise<void> {
    if (field.kind === 'nested')
      throw new Problem('invalid-request', { detail: `"${name}" must be a text.` });
    const body = PeekedSource.of(field.body);
    try {
      const head = await body.peek(HEAD_BYTES);
      if (head.length === 0) {
        this.empty.push(name);
        return;
      }
      if (this.files.has(role)) throw repeatedFile(role);
      if (role === 'input') this.dropOtherFile();
      const isBase64 = encoding === 'base64' || (encoding === 'any' && startsAsBase64(head));
      if (!isBase64 && !field.isFile && isText(head)) throw textForFile(name, head);
      this.files.add(role);
      await this.write(role, body, isBase64);
    } finally {
      body.close();
    }
  }

  private async readUnknown({ name: bytes, isFile, kind, body: value }: FormField): Promise<void> {
    const name = plainName(bytes);
    if (name !== undefined && this.unknown.length < MAX_REPORTED) this.unknown.push(name);
    if (!this.table.takesLoneFile || kind !== 'text' || this.files.has('input')) return;
    const body = PeekedSource.of(value);
    try {
      const head = await body.peek(HEAD_BYTES);
      const isBase64 = startsAsBase64(head);
      if (head.length === 0 || !(isFile || isBase64 || startsAsImage(head))) return;
      this.otherFiles += 1;
      if (this.otherFiles > 1) return;
      this.otherFile = { name };
      await this.write('input', body, isBase64);
    } catch (error) {
      if (!(error instanceof Problem) || !FILE_PROBLEMS.has(error.code)) throw error;
      this.otherFile = { name, refusal: error };
      this.target.skipFile('input');
    } finally {
      body.close();
    }
  }

  /** Drops a file of an unknown field: the image has arrived in its own field. */
  private dropOtherFile(): void {
    if (this.otherFile === undefined) return;
    if (this.otherFile.refusal === undefined) this.target.skipFile('input');
    this.otherFile = undefined;
    this.budget = new ByteBudget(this.target.maxBytes);
  }

  private async write(role: FileRole, body: PeekedSource, isBase64: boolean): Promise<void> {
    const bytes = isBase64 ? readBase64(body.pieces()) : body.pieces();
    await this.target.writeFile(role, this.budget.limit(bytes));
  }
}

/** A name that may be reported. Other names do not become strings. */
function plainName(name: Buffer): string | undefined {
  if (name.length === 0 || name.length > MAX_PLAIN_BYTES) return undefined;
  const text = name.toString('latin1');
  return PLAIN_NAME.test(text) ? text : undefined;
}

/** The problem of text in a file field. The text is not echoed. */
function textForFile(name: string, head: Buffer): Problem {
  const address = name.startsWith('bg_') ? 'bg_image_url' : 'image_url';
  const detail = startsAsUrl(head)
    ? `"${name}" is a URL, not a file. Send the file itself, or the URL as "${address}".`
    : `"${name}" is text, not a file. With curl, write -F ${name}=@photo.jpg: the @ makes curl send the file. ` +
      'In JSON, send the image in base64.';
  return new Problem('image-type-unsupported', { parameter: name, detail });
}

/** Reads the text of a field, and wipes the buffer. @throws Problem `invalid-request` beyond `maxBytes` */
async function readText(body: AsyncIterable<Buffer>, name: string, maxBytes: number): Promise<string> {
  const buffer = Buffer.allocUnsafeSlow(maxBytes);
  let length = 0;
  try {
    for await (const piece of body) {
      if (length + piece.length > maxBytes) {
        throw new Problem('invalid-request', {
          ...{ parameter: name, limit: maxBytes, unit: 'bytes' },
          detail: `"${name}" is longer than ${maxBytes} bytes.`,
        });
      }
      length += piece.copy(buffer, length);
    }
    return buffer.toString('utf8', 0, length);
  } finally {
    wipe(buffer);
  }
}
