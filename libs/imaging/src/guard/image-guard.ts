import { Problem } from '#contracts/problem-catalog.js';
import { wipe } from '#crypto/wipe.js';
import { walkAvif } from '../formats/avif-walk.js';
import { walkBmp } from '../formats/bmp-walk.js';
import { ByteCursor, truncated, type Reading } from '../formats/byte-cursor.js';
import { KIND_BYTES, unsupportedFile } from './file-kind.js';
import { walkGif } from '../formats/gif-walk.js';
import {
  checkDimensions,
  formatsOf,
  type OnImageFacts,
  type ImageFacts,
  type ImageFormat,
  type ImageLimits,
} from '../formats/image-facts.js';
import { walkJpeg } from '../formats/jpeg-walk.js';
import { walkPng } from '../formats/png-walk.js';
import { walkTiff } from '../formats/tiff-walk.js';
import { walkWebp } from '../formats/webp-walk.js';

const latin1 = (text: string): readonly number[] => [...Buffer.from(text, 'latin1')];

/** Signature of each format; `undefined` matches any byte. Some formats are confirmed by later bytes. */
const MAGIC: readonly [format: ImageFormat, bytes: readonly (number | undefined)[]][] = [
  ['jpeg', [0xff, 0xd8]],
  ['png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['webp', latin1('RIFF')],
  ['gif', latin1('GIF87a')],
  ['gif', latin1('GIF89a')],
  ['bmp', latin1('BM')],
  ['tiff', latin1('II*\0')],
  ['tiff', latin1('MM\0*')],
  ['tiff', latin1('II+\0')],
  ['tiff', latin1('MM\0+')],
  ['avif', [0, 0, undefined, undefined, ...latin1('ftyp')]],
];

type Walk = (cursor: ByteCursor, onFacts: OnImageFacts, magic: Buffer) => Reading<void>;

const WALK_OF: Record<ImageFormat, Walk> = {
  jpeg: walkJpeg,
  png: walkPng,
  webp: walkWebp,
  gif: walkGif,
  bmp: walkBmp,
  avif: walkAvif,
  tiff: walkTiff,
};

/**
 * Validates an image file while it arrives, before a decoder reads it: its format by content, its size, its
 * completeness, and that it has no more parts than a real image. No pixel is decoded, nothing is inflated, and only a
 * few bytes are buffered.
 */
export class ImageGuard {
  /** Facts from the header, once it has arrived. */
  facts: ImageFacts | undefined;
  private readonly limits: ImageLimits;
  private readonly cursor = new ByteCursor();
  private readonly walk: Reading<void>;
  /** The first bytes of the file, until its facts are known, to describe a rejected file. */
  private readonly head = Buffer.alloc(KIND_BYTES);
  private headBytes = 0;
  private refusal: Problem | undefined;
  private done = false;

  constructor(limits: ImageLimits) {
    this.limits = limits;
    this.walk = walk(this.cursor, formatsOf(limits), (facts) => {
      checkDimensions(facts, limits);
      this.facts = facts;
    });
  }

  /**
   * Processes the next bytes of the file; they are not kept.
   * @throws Problem `image-type-unsupported` | `image-corrupt` | `image-too-many-pixels` | `image-too-complex`
   */
  inspect(bytes: Uint8Array): void {
    if (this.done) return;
    if (this.facts === undefined) this.recordHead(bytes);
    if (this.refusal === undefined) {
      this.cursor.feed(bytes);
      try {
        this.advance();
      } finally {
        this.cursor.release();
      }
    }
    // More bytes are needed to describe what the file is instead.
    if (this.refusal !== undefined && this.headBytes === KIND_BYTES) throw this.describedRefusal(false);
  }

  /**
   * Ends the file. Returns its facts and the number of bytes that belong to the image; trailing bytes are not part of
   * it.
   * @throws Problem `image-truncated` when the image is incomplete, and as `inspect`
   */
  end(): ImageFacts & { bytes: number } {
    this.cursor.close();
    if (!this.done && this.refusal === undefined) this.advance();
    if (this.refusal !== undefined) throw this.describedRefusal(true);
    wipe(this.head);
    if (!this.done || this.facts === undefined) throw truncated();
    return { ...this.facts, bytes: this.cursor.position };
  }

  private advance(): void {
    try {
      this.done = this.walk.next().done === true;
    } catch (error) {
      this.facts = undefined;
      const isUnknown = error instanceof Problem && error.code === 'image-type-unsupported';
      if (!isUnknown) wipe(this.head);
      if (!isUnknown || error.facts.detail !== undefined) throw withAccepted(error, this.limits);
      this.refusal = error;
    }
    if (this.facts !== undefined) wipe(this.head);
  }

  private recordHead(bytes: Uint8Array): void {
    const recorded = bytes.subarray(0, KIND_BYTES - this.headBytes);
    this.head.set(recorded, this.headBytes);
    this.headBytes += recorded.length;
  }

  private describedRefusal(isWhole: boolean): Problem {
    const bytes = this.head.subarray(0, this.headBytes);
    const problem = unsupportedFile({ bytes, isWhole }, formatsOf(this.limits));
    wipe(this.head);
    return problem;
  }
}

/** Adds the accepted formats to an error that has a detail of its own. */
function withAccepted(error: unknown, limits: ImageLimits): unknown {
  if (!(error instanceof Problem) || error.code !== 'image-type-unsupported') return error;
  return new Problem(error.code, { ...error.facts, accepted: formatsOf(limits) });
}

/** Validates a complete file. @throws Problem as `ImageGuard` */
export function guardFile(file: Uint8Array, limits: ImageLimits): ImageFacts & { bytes: number } {
  const guard = new ImageGuard(limits);
  guard.inspect(file);
  return guard.end();
}

/** Detects the format by the first bytes, whatever the name or media type, then walks the rest. */
function* walk(cursor: ByteCursor, formats: readonly ImageFormat[], onFacts: OnImageFacts): Reading<void> {
  const magic = Buffer.alloc(MAGIC.reduce((max, [, bytes]) => Math.max(max, bytes.length), 0));
  let candidates = MAGIC.filter(([format]) => formats.includes(format));
  for (let at = 0; ; at += 1) {
    const byte = (yield* cursor.take(1)).readUInt8(0);
    magic[at] = byte;
    candidates = candidates.filter(
      ([, bytes]) => bytes[at] === byte || (at < bytes.length && bytes[at] === undefined),
    );
    const [first] = candidates;
    if (first === undefined) throw new Problem('image-type-unsupported');
    const [format, bytes] = first;
    if (at === bytes.length - 1) return yield* WALK_OF[format](cursor, onFacts, magic.subarray(0, at + 1));
  }
}
