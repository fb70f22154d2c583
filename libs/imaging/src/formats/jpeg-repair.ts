import { wipe } from '#crypto/wipe.js';
import { corrupt, truncated } from './byte-cursor.js';
import { compact, type Piece } from './file-piece.js';
import { planOfScan, readFrame, readQuantizers, type Frame } from './jpeg-frame.js';
import { HuffmanTables } from './jpeg-huffman.js';
import { DHT, DQT, DRI, EOI, isFrameHeader, isSequentialHuffman, RST0, SOS } from './jpeg-markers.js';
import { ScanWalk } from './jpeg-scan.js';
import { nextSegment, type Segment } from './jpeg-segments.js';

const END = Buffer.from([0xff, EOI]);

/** A JPEG as the standard wants it. */
export interface RepairedJpeg {
  image: Buffer;
  /** Wipes memory of its own, once no decoder reads it any more. */
  wipe: () => void;
}

/**
 * Makes a JPEG as the standard wants it, with the same pixels. Bytes before restart markers and before the end are taken
 * out, restart markers are numbered anew, a missing end marker is added. Of a sequential Huffman-coded image it is proven
 * first, by walking its codes, that each block is coded by bytes of the file: decoders take whatever was put in place of
 * a lost part for pixels as long as there are codes for it. Nothing is made up.
 * @param file as the guard lets it through, without metadata; changed in place
 * @param room memory that the file begins in; when there is none for an end marker, the file is copied
 * @throws Problem `image-truncated` | `image-corrupt`
 */
export function repairJpeg(file: Buffer, room: Buffer): RepairedJpeg {
  const isOpen = !file.subarray(-END.length).equals(END);
  const bytes = file.length + (isOpen ? END.length : 0);
  const isCopied = room.length < bytes;
  const memory = isCopied ? Buffer.concat([file], bytes) : room.subarray(0, bytes);
  const wipeCopy = (): void => wipe(isCopied ? memory : undefined);
  try {
    const length = compact(memory, piecesOf(memory.subarray(0, file.length), isOpen));
    memory.fill(0, length);
    return { image: memory.subarray(0, length), wipe: wipeCopy };
  } catch (error) {
    wipeCopy();
    throw isOpen ? truncated() : error;
  }
}

function* piecesOf(jpeg: Buffer, isOpen: boolean): Generator<Piece, void> {
  const frame = frameOf(jpeg);
  if (frame !== undefined && isSequentialHuffman(frame.marker)) {
    yield* new SequentialMender(jpeg).pieces();
    return;
  }
  // Of the others the guard has seen what their scans bring, and the decoder finds a scan that ends too early.
  yield { from: 0, to: jpeg.length };
  if (isOpen) yield END;
}

function frameOf(jpeg: Buffer): Segment | undefined {
  let segment = nextSegment(jpeg, 2);
  while (segment !== undefined && !isFrameHeader(segment.marker) && segment.marker !== EOI)
    segment = nextSegment(jpeg, segment.to);
  return segment;
}

/** Passes an image of SOF0 or SOF1, segment by segment and scan by scan. */
class SequentialMender {
  readonly #huffman = new HuffmanTables();
  readonly #quantizers = new Map<number, number>();
  /** Ids of the components that have had their scan. */
  readonly #seen = new Set<number>();
  #restartInterval = 0;
  #frame: Frame | undefined;

  constructor(private readonly jpeg: Buffer) {}

  /** What is kept of the file, in its order. @throws Problem `image-truncated` | `image-corrupt` */
  *pieces(): Generator<Piece, void> {
    try {
      yield { from: 0, to: 2 };
      for (let at = 2; ;) {
        const segment = nextSegment(this.jpeg, at);
        if (segment === undefined || segment.marker === EOI) break;
        if (!segment.isWhole) throw truncated();
        this.#read(segment);
        yield { from: segment.from, to: segment.to };
        at = segment.marker === SOS ? yield* this.#scan(segment) : segment.to;
        // All components in one scan: what stands behind it is no part of the image.
        if (segment.marker === SOS && segment.body[0] === this.#frame?.components.length) break;
      }
      if (!this.#isWhole) throw truncated();
      yield END;
    } finally {
      this.#huffman.wipe();
    }
  }

  get #isWhole(): boolean {
    return this.#frame?.components.every(({ id }) => this.#seen.has(id)) ?? false;
  }

  #read({ marker, body }: Segment): void {
    if (marker === DHT) this.#huffman.define(body);
    if (marker === DQT) readQuantizers(body, this.#quantizers);
    if (marker === DRI) this.#restartInterval = body.length < 2 ? 0 : body.readUInt16BE(0);
    if (!isFrameHeader(marker)) return;
    if (this.#frame !== undefined) throw corrupt();
    this.#frame = readFrame(body);
  }

  /** The coded bytes of a scan, with restart markers between them. Returns where they end. */
  *#scan({ body, to }: Segment): Generator<Piece, number> {
    if (this.#frame === undefined) throw corrupt();
    const plan = planOfScan(body, this.#frame, {
      huffman: this.#huffman,
      quantizers: this.#quantizers,
      restartInterval: this.#restartInterval,
    });
    const walk = new ScanWalk(this.jpeg, to, plan);
    let intervals = 0;
    for (const interval of walk.intervals()) {
      if (intervals > 0) yield Buffer.from([0xff, RST0 + ((intervals - 1) & 7)]);
      yield interval;
      intervals += 1;
    }
    plan.components.forEach((id) => this.#seen.add(id));
    return walk.position;
  }
}
