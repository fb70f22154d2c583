import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { EntryNames } from '#zip/entry-names.js';
import { ZipWriter } from '#zip/zip-writer.js';
import type { OutputFacts } from '#broker/records/job-record.js';
import type { BatchFailure } from '#contracts/batch-view.js';
import { wipe } from '#crypto/wipe.js';
import { endAndFlush, writeAndFlush, sendHead } from '../results/http-result-writer.js';
import type { ResultWriter } from '../results/result-delivery.service.js';

/** The file that lists the images which are not in the archive. */
const REPORT_NAME = 'errors.json';

/** Content of `errors.json`, the last file of an archive. */
export interface ArchiveReport {
  /** False when the archive ended before all images had ended. */
  complete: boolean;
  failures: BatchFailure[];
}

/** Writes an archive of results as the body of a response, as they are finished. */
export class ArchiveWriter {
  private readonly response: ServerResponse;
  private readonly zip = new ZipWriter();
  private readonly names = new EntryNames([REPORT_NAME]);
  private inFile = false;

  constructor(reply: FastifyReply) {
    this.response = reply.raw;
    sendHead(reply, {
      'Content-Type': 'application/zip',
      'Content-Disposition': 'attachment; filename="cutouts.zip"',
      'X-Accel-Buffering': 'no',
    });
    this.response.flushHeaders();
  }

  /** True while a file is incomplete: only its bytes may follow. */
  get isInFile(): boolean {
    return this.inFile;
  }

  /** The next file, named after its `custom_id`. */
  entry(customId: string): ResultWriter {
    let head: Buffer | undefined;
    return {
      way: 'archive',
      start: ({ format }: OutputFacts) => {
        this.inFile = true;
        head = this.zip.begin(this.names.take(customId, format));
      },
      write: async (plain) => {
        const packed = this.zip.piece(plain);
        const before = head;
        head = undefined;
        if (before !== undefined) await writeAndFlush(this.response, before).finally(() => wipe(before));
        await writeAndFlush(this.response, packed).finally(() => wipe(packed));
      },
      finish: async () => {
        await writeAndFlush(this.response, this.zip.finish());
        this.inFile = false;
      },
    };
  }

  /** Ends the archive with a report of the missing images. */
  async end(report: ArchiveReport): Promise<void> {
    const text = Buffer.from(`${JSON.stringify(report, undefined, 2)}\n`);
    const pieces = [this.zip.head(REPORT_NAME, text), text, this.zip.end()];
    try {
      for (const piece of pieces) await writeAndFlush(this.response, piece);
      await endAndFlush(this.response);
    } finally {
      wipe(...pieces);
      this.zip.close();
    }
  }

  /** Closes the connection: a truncated archive must not look complete. */
  abort(): void {
    this.zip.close();
    this.response.destroy();
  }
}
