import { Problem } from '#contracts/problem.catalogue.js';
import { wipe } from '#vault/wipe.js';

/**
 * Bytes as they arrive, for readers that look at them one after the other. What was taken is wiped as soon as more is
 * asked for: whoever takes bytes uses them before that.
 */
export class ByteFeed {
  private readonly source: AsyncIterator<Buffer>;
  private whole: Buffer = Buffer.alloc(0);
  private at = 0;

  constructor(source: AsyncIterable<Buffer>) {
    this.source = source[Symbol.asyncIterator]();
  }

  /** What has arrived and is not taken yet. */
  get bytes(): Buffer {
    return this.whole.subarray(this.at);
  }

  /** The next `count` of `bytes`, or all when there are fewer. */
  take(count = this.whole.length): Buffer {
    const taken = this.whole.subarray(this.at, this.at + count);
    this.at += taken.length;
    return taken;
  }

  /** Adds what arrives next to `bytes`. False when nothing does. @throws Problem `upload-interrupted` */
  async more(): Promise<boolean> {
    const arrived = await this.next();
    if (arrived === undefined) return false;
    const left = this.bytes;
    if (left.length === 0) {
      wipe(this.whole);
      this.whole = arrived;
    } else {
      const joined = Buffer.allocUnsafeSlow(left.length + arrived.length);
      joined.set(left);
      joined.set(arrived, left.length);
      wipe(this.whole, arrived);
      this.whole = joined;
    }
    this.at = 0;
    return true;
  }

  /** The next byte, which is not taken; undefined at the end. */
  async peek(): Promise<number | undefined> {
    while (this.bytes.length === 0) if (!(await this.more())) return undefined;
    return this.bytes[0];
  }

  /** Wipes what is left. */
  close(): void {
    wipe(this.whole);
    this.at = this.whole.length;
  }

  private async next(): Promise<Buffer | undefined> {
    try {
      const result = await this.source.next();
      return result.done === true ? undefined : result.value;
    } catch (error) {
      throw error instanceof Problem ? error : new Problem('upload-interrupted');
    }
  }
}
