import { Inject, Injectable } from '@nestjs/common';
import { Problem } from '#contracts/problem.catalogue.js';
import type { FetchCall } from '#fetcher/image.fetcher.js';
import { IMAGE_FETCHER } from '../core/providers.js';
import type { ImageFetcher } from '#fetcher/image.fetcher.js';

/** Images that a client names by their address instead of sending them. */
@Injectable()
export class ImageSource {
  constructor(@Inject(IMAGE_FETCHER) private readonly images: ImageFetcher | undefined) {}

  /** The operator has switched this on. */
  get isOn(): boolean {
    return this.images !== undefined;
  }

  /**
   * The file at `url`, as it arrives. Nothing is asked for before its first piece is; each piece is the reader's, to
   * be wiped. The address is the client's secret: no problem, log or metric tells it.
   * @throws Problem `image-url-off`, at once
   * @throws Problem as `ImageFetcher.fetch`, from the pieces
   */
  fetchImage(url: string, call: FetchCall): AsyncIterable<Buffer> {
    const { images } = this;
    if (images === undefined) throw new Problem('image-url-off');
    return images.fetch(url, call);
  }
}
