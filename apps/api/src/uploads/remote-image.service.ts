import { Inject, Injectable } from '@nestjs/common';
import { Problem } from '#contracts/problem-catalog.js';
import type { FetchCall, ImageFetcher } from '#fetcher/image-fetcher.js';
import { IMAGE_FETCHER } from '../core/providers.js';

/** Downloads images that clients send as a URL. */
@Injectable()
export class RemoteImageService {
  constructor(@Inject(IMAGE_FETCHER) private readonly fetcher: ImageFetcher | undefined) {}

  /** True when the operator has enabled downloads. */
  get isEnabled(): boolean {
    return this.fetcher !== undefined;
  }

  /**
   * The file at `url`, as it arrives. The connection is made when the first piece is requested. The caller wipes the
   * pieces. The URL is a secret of the client: it appears in no problem, log or metric.
   * @throws Problem `image-url-off`, at once
   * @throws Problem as `ImageFetcher.fetch`, from the pieces
   */
  fetch(url: string, call: FetchCall): AsyncIterable<Buffer> {
    if (this.fetcher === undefined) throw new Problem('image-url-off');
    return this.fetcher.fetch(url, call);
  }

  /** As `fetch`, for compatible endpoints. @throws Problem `invalid-parameter` unless it is enabled */
  fetchFor(parameter: string, url: string, call: FetchCall): AsyncIterable<Buffer> {
    if (this.isEnabled) return this.fetch(url, call);
    throw new Problem('invalid-parameter', {
      parameter,
      detail: 'This service does not download images. Send the file itself.',
    });
  }
}
