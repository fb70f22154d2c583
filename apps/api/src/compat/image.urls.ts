import { Injectable } from '@nestjs/common';
import { Problem } from '#contracts/problem.catalogue.js';

/** Fetches an image. The pieces are the taker's to wipe. */
export type FetchImage = (
  url: string,
  limits: { signal: AbortSignal; maxBytes: number },
) => AsyncIterable<Buffer>;

/** Images that clients name by address instead of sending them. */
@Injectable()
export class ImageUrls {
  /** Undefined: this server fetches none. */
  readonly fetch: FetchImage | undefined = undefined;

  /** The way to fetch what `parameter` names. @throws Problem `invalid-parameter` where nothing is fetched */
  fetcherFor(parameter: string): FetchImage {
    if (this.fetch !== undefined) return this.fetch;
    throw new Problem('invalid-parameter', {
      parameter,
      detail: 'This server fetches no images: send the file itself',
    });
  }
}
