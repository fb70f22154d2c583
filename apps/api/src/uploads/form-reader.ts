import type { UploadPart } from '#broker/job.record.js';
import { Problem } from '#contracts/problem.catalogue.js';
import type { Part } from '../parsers/multipart-reader.js';
import { capped, type ByteBudget, type FileSink } from './upload-reader.js';
import { readBase64 } from '../parsers/base64-reader.js';

type Role = UploadPart['role'];

/** A field that is a file, by its name. */
export type FileFields = ReadonlyMap<string, { role: Role; written: 'bytes' | 'base64' }>;

/** What a form brought. */
export interface TakenForm {
  /** Fields that are no files, and not empty. */
  texts: ReadonlyMap<string, string>;
  /** Files that went to the sink. */
  files: ReadonlySet<Role>;
}

/** Names and values of all fields that are no files. */
const MAX_TEXT_BYTES = 65_536;
const FIELD_BYTES = 32;

/** How clients write a field that they do not set. */
const UNSET = new Set(['', 'undefined', 'null']);

/**
 * Takes a form in, whatever its encoding: files go to `sink` as they arrive, the other fields are collected. An empty
 * field, file or not, counts as absent; of a field that comes twice the last one counts.
 * @throws Problem `multiple-images` | `multiple-backgrounds` | `invalid-request` when the texts are too long
 */
export async function takeForm(
  parts: AsyncIterable<Part>,
  fields: FileFields,
  { sink, budget }: { sink: FileSink; budget: ByteBudget },
): Promise<TakenForm> {
  const texts = new Map<string, string>();
  const files = new Set<Role>();
  let leftBytes = MAX_TEXT_BYTES;
  for await (const { name, body } of parts) {
    const field = fields.get(name);
    if (field === undefined) {
      const bytes = await shortText(body, leftBytes);
      leftBytes -= bytes.length + FIELD_BYTES;
      const text = bytes.toString('utf8').trim();
      if (UNSET.has(text)) texts.delete(name);
      else texts.set(name, text);
      continue;
    }
    const file = await unlessEmpty(body);
    if (file === undefined) continue;
    const { role, written } = field;
    if (files.has(role)) throw repeated(role);
    files.add(role);
    await sink(role, capped(written === 'base64' ? readBase64(file) : file, budget));
  }
  return { texts, files };
}

/** A second image where one is taken. */
export const repeated = (role: Role): Problem =>
  new Problem(role === 'input' ? 'multiple-images' : 'multiple-backgrounds');

async function shortText(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > maxBytes) throw new Problem('invalid-request', { detail: 'The fields are too long' });
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces);
}

/** The same bytes, or undefined when there are none. */
async function unlessEmpty(body: AsyncIterable<Buffer>): Promise<AsyncIterable<Buffer> | undefined> {
  const pieces = body[Symbol.asyncIterator]();
  const next = async (): Promise<Buffer | undefined> => {
    const piece = await pieces.next();
    return piece.done === true ? undefined : piece.value;
  };
  let first = await next();
  while (first?.length === 0) first = await next();
  if (first === undefined) return undefined;
  return (async function* (): AsyncGenerator<Buffer, void> {
    for (let piece: Buffer | undefined = first; piece !== undefined; piece = await next()) yield piece;
  })();
}
