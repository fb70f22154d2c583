import { Problem } from '#contracts/problem.catalogue.js';
import { ByteCursor, truncated, type Reading } from './byte.cursor.js';
import {
  checkDimensions,
  type FactsHeard,
  type ImageFacts,
  type ImageFormat,
  type ImageLimits,
} from './image.facts.js';
import { walkJpeg } from './jpeg.walk.js';
import { walkPng } from './png.walk.js';
import { walkWebp } from './webp.walk.js';

/** How files of each format begin. A RIFF file says a little later of what kind it is. */
const MAGIC: readonly [format: ImageFormat, bytes: readonly number[]][] = [
  ['jpeg', [0xff, 0xd8]],
  ['png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['webp', [...Buffer.from('RIFF')]],
];

const WALK_OF = { jpeg: walkJpeg, png: walkPng, webp: walkWebp };

/**
 * Looks at an image file while it arrives, before any decoder sees it: what it is, by its bytes alone; how large; and
 * whether it is whole and made of no more parts than a real image has. No pixel is decoded, nothing is inflated, and a
 * few bytes are held at a time.
 */
export class ImageGuard {
  /** What the header tells, once it has arrived. */
  facts: ImageFacts | undefined;
  readonly #cursor = new ByteCursor();
  readonly #walk: Reading<void>;
  #done = false;

  constructor(limits: ImageLimits) {
    this.#walk = walk(this.#cursor, (facts) => {
      checkDimensions(facts, limits);
      this.facts = facts;
    });
  }

  /**
   * Looks at the next bytes of the file; they are not kept.
   * @throws Problem `image-type-unsupported` | `image-corrupt` | `image-too-many-pixels` | `image-too-complex`
   */
  look(bytes: Uint8Array): void {
    if (this.#done) return;
    this.#cursor.feed(bytes);
    try {
      this.#advance();
    } finally {
      this.#cursor.release();
    }
  }

  /**
   * The file ends here. Returns what is known of it, and how many bytes of it the image has: what follows is no part of
   * the image, whatever it is.
   * @throws Problem `image-truncated` when the image does not end, and as `look`
   */
  end(): ImageFacts & { bytes: number } {
    this.#cursor.close();
    if (!this.#done) this.#advance();
    if (!this.#done || this.facts === undefined) throw truncated();
    return { ...this.facts, bytes: this.#cursor.position };
  }

  #advance(): void {
    try {
      this.#done = this.#walk.next().done === true;
    } catch (error) {
      this.facts = undefined;
      throw error;
    }
  }
}

/** Looks at a complete file. @throws Problem as `ImageGuard` */
export function guardFile(file: Uint8Array, limits: ImageLimits): ImageFacts & { bytes: number } {
  const guard = new ImageGuard(limits);
  guard.look(file);
  return guard.end();
}

/** Tells the format by the first bytes, whatever a name or a type says, then walks the rest. */
function* walk(cursor: ByteCursor, found: FactsHeard): Reading<void> {
  let fitting = MAGIC;
  for (let at = 0; ; at += 1) {
    const byte = (yield* cursor.take(1)).readUInt8(0);
    fitting = fitting.filter(([, bytes]) => bytes[at] === byte);
    const [first] = fitting;
    if (first === undefined) throw new Problem('image-type-unsupported');
    const [format, bytes] = first;
    if (at === bytes.length - 1) return yield* WALK_OF[format](cursor, found);
  }
}
