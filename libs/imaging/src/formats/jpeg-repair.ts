import { wipe } from '#crypto/wipe.js';
import { corrupt, truncated } from './byte-cursor.js';
import { compact, type Piece } from './file-piece.js';
import { planOfScan, readFrame, readQuantizers, type Frame } from './jpeg-frame.js';
import { HuffmanTables } from './jpeg-huffman.js';
import {
  DHT,
  DQT,
  DRI,
  EOI,
  isFrameHeader,
  isSequentialHuffman,
  nextSegment,
  RST0,
  SOS,
  type Segment,
} from './jpeg-segments.js';
import { ScanWalk } from './jpeg-scan.js';

const END = Buffer.from([0xff, EOI]);

/** A JPEG that conforms to the standard. */
export interface RepairedJpeg {
  image: Buffer;
  /** Wipes memory of its own, once no decoder reads it any more. */
  wipe: () => void;
}

/**
 * Makes a JPEG conform to the standard, with the same pixels. Stray bytes before restart markers and before the end
 * are removed, restart markers are renumbered, and a missing end marker is added. For a sequential Huffman-coded
 * image, walking its codes first proves that each block is coded by bytes of the file: decoders accept arbitrary
 * replacement bytes as pixels as long as there are codes for them. No data is invented.
 * @param file as validated by the guard, without metadata; changed in place
 * @param room memory that starts with the file; when it has no room for an end marker, the file is copied
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
    yield* new SequentialRepair(jpeg).pieces();
    return;
  }
  // For other codings the guard has checked which scans there are, and the decoder detects a scan that ends too
  // early.
  yield { from: 0, to: jpeg.length };
  if (isOpen) yield END;
}

function frameOf(jpeg: Buffer): Segment | undefined {
  let segment = nextSegment(jpeg, 2);
  while (segment !== undefined && !isFrameHeader(segment.marker) && segment.marker !== EOI)
    segment = nextSegment(jpeg, segment.to);
  return segment;
}

/** Repairs an SOF0 or SOF1 image, segment by segment and scan by scan. */
class SequentialRepair {
  private readonly huffman = new HuffmanTables();
  private readonly quantizers = new Map<number, number>();
  /** Ids of the components whose scan has been processed. */
  private readonly scanned = new Set<number>();
  private restartInterval = 0;
  private frame: Frame | undefined;

  constructor(private readonly jpeg: Buffer) {}

  /** Pieces of the file to keep, in order. @throws Problem `image-truncated` | `image-corrupt` */
  *pieces(): Generator<Piece, void> {
    try {
      yield { from: 0, to: 2 };
      for (let at = 2; ;) {
        const segment = nextSegment(this.jpeg, at);
        if (segment === undefined || segment.marker === EOI) break;
        if (!segment.isComplete) throw truncated();
        this.read(segment);
        yield { from: segment.from, to: segment.to };
        at = segment.marker === SOS ? yield* this.scan(segment) : segment.to;
        // All components in one scan: bytes after it are not part of the image.
        if (segment.marker === SOS && segment.body[0] === this.frame?.components.length) break;
      }
      if (!this.hasAllScans) throw truncated();
      yield END;
    } finally {
      this.huffman.wipe();
    }
  }

  private get hasAllScans(): boolean {
    return this.frame?.components.every(({ id }) => this.scanned.has(id)) ?? false;
  }

  private read({ marker, body }: Segment): void {
    if (marker === DHT) this.huffman.define(body);
    if (marker === DQT) readQuantizers(body, this.quantizers);
    if (marker === DRI) this.restartInterval = body.length < 2 ? 0 : body.readUInt16BE(0);
    if (!isFrameHeader(marker)) return;
    if (this.frame !== undefined) throw corrupt();
    this.frame = readFrame(body);
  }

  /** Coded bytes of a scan, with restart markers between them. Returns the offset of their end. */
  private *scan({ body, to }: Segment): Generator<Piece, number> {
    if (this.frame === undefined) throw corrupt();
    const plan = planOfScan(body, this.frame, {
      huffman: this.huffman,
      quantizers: this.quantizers,
      restartInterval: this.restartInterval,
    });
    const walk = new ScanWalk(this.jpeg, to, plan);
    let intervals = 0;
    for (const interval of walk.intervals()) {
      if (intervals > 0) yield Buffer.from([0xff, RST0 + ((intervals - 1) & 7)]);
      yield interval;
      intervals += 1;
    }
    plan.components.forEach((id) => this.scanned.add(id));
    return walk.position;
  }
}
