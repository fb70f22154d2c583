import { Inject, Injectable } from '@nestjs/common';
import { Problem } from '#contracts/problem-catalog.js';
import type { FetchCall, ImageFetcher } from '#fetcher/image-fetcher.js';
import { IMAGE_FETCHER } from '../core/providers.js';

/** Images that a client names by their address instead of sending them. */
@Injectable()
export class RemoteImageService {
  constructor(@Inject(IMAGE_FETCHER) private readonly fetcher: ImageFetcher | undefined) {}

  /** The operator has enabled this. */
  get isEnabled(): boolean {
    return this.fetcher !== undefined;
  }

  /**
   * The file at `url`, as it arrives. No connection is made before the first piece is asked for; each piece is the
   * reader's, to be wiped. The address is the client's secret: no problem, log or metric has it.
   * @throws Problem `image-url-off`, at once
   * @throws Problem as `ImageFetcher.fetch`, from the pieces
   */
  fetch(url: string, call: FetchCall): AsyncIterable<Buffer> {
    if (this.fetcher === undefined) throw new Problem('image-url-off');
    return this.fetcher.fetch(url, call);
  }

  /** As `fetch`, for compatible calls. @throws Problem `invalid-parameter` where it is not enabled */
  fetchFor(parameter: string, url: string, call: FetchCall): AsyncIterable<Buffer> {
    if (this.isEnabled) return this.fetch(url, call);
    throw new Problem('invalid-parameter', {
      parameter,
      detail: 'This server fetches no images: send the file itself',
    });
  }
}
