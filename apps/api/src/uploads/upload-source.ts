import type { FastifyRequest } from 'fastify';
import type { UploadPart } from '#broker/job.record.js';
import { jobOptionsSchema, type JobOptions } from '#contracts/job.options.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { wipe } from '#vault/wipe.js';

/** Consumes the bytes of a file as they arrive, each piece before it asks for the next. */
export type FileWriter = (role: UploadPart['role'], bytes: AsyncIterable<Buffer>) => Promise<void>;

/** Content of a request beside its files. */
export interface UploadContent {
  options: JobOptions;
  /** Values of fields that are not image options, by name. */
  extraFields: ReadonlyMap<string, string>;
}

/** Receives the files of an upload. */
export interface UploadTarget {
  /** Limit in bytes on all files of a request together. */
  maxBytes: number;
  writeFile: FileWriter;
}

/**
 * Reads the image, maybe a background, and the options that a request brings. Files are written to the target as they arrive.
 * @throws Problem why the request is rejected
 */
export type UploadSource = (request: FastifyRequest, target: UploadTarget) => Promise<UploadContent>;

/** Bytes that the files of one request may still have. */
export class ByteBudget {
  constructor(private leftBytes: number) {}

  /** The file as it arrives; each piece is wiped once the next is asked for. @throws Problem `image-too-large` beyond the budget | `missing-image` when it is empty */
  async *limit(file: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
    let isEmpty = true;
    for await (const piece of file) {
      try {
        isEmpty &&= piece.length === 0;
        this.leftBytes -= piece.length;
        if (this.leftBytes < 0) throw new Problem('image-too-large');
        yield piece;
      } finally {
        wipe(piece);
      }
    }
    if (isEmpty) throw new Problem('missing-image');
  }
}

/** The media type of a request's body, in lower case, without parameters; empty when there is none. */
export const mediaTypeOf = ({ headers }: FastifyRequest): string =>
  headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';

/** A second image, or background, where one is taken. */
export const repeatedFile = (role: UploadPart['role']): Problem =>
  new Problem(role === 'input' ? 'multiple-images' : 'multiple-backgrounds');

/** Validates image options. A field given empty counts as absent. @throws Problem `invalid-parameter` | `unknown-parameter` */
export function parseOptions(fields: Iterable<[string, unknown]>): JobOptions {
  const given = [...fields].filter(([, value]) => value !== '');
  const parsed = jobOptionsSchema.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  const parameter = parsed.error.issues[0]?.path[0];
  if (typeof parameter === 'string') throw new Problem('invalid-parameter', { parameter });
  throw unknownParameter();
}

/** A name that is not known; which one is not said. */
export const unknownParameter = (): Problem =>
  new Problem('unknown-parameter', {
    detail: `Known parameters: ${Object.keys(jobOptionsSchema.shape).join(', ')}`,
  });

/** A background image goes with color, and with no other background. @throws Problem `multiple-backgrounds` | `invalid-parameter` */
export function checkBackground({ bg_color, channels }: JobOptions): void {
  if (bg_color !== undefined) throw new Problem('multiple-backgrounds');
  if (channels === 'alpha') throw new Problem('invalid-parameter', { parameter: 'bg_image_file' });
}
