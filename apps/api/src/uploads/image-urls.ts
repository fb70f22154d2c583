import { Injectable } from '@nestjs/common';
import { Problem } from '#contracts/problem.catalogue.js';
import type { FetchCall } from '#fetcher/image.fetcher.js';
import { ImageSource } from './image-source.js';

/** Fetches an image. The pieces are the taker's to wipe. */
export type FetchImage = (url: string, limits: FetchCall) => AsyncIterable<Buffer>;

/** Images that clients of others name by address instead of sending them. */
@Injectable()
export class ImageUrls {
  constructor(private readonly source: ImageSource) {}

  /** True where images are fetched at all. */
  get isOn(): boolean {
    return this.source.isOn;
  }

  /** The way to fetch what `parameter` names. @throws Problem `invalid-parameter` where nothing is fetched */
  fetcherFor(parameter: string): FetchImage {
    if (this.isOn) return (url, limits) => this.source.fetchImage(url, limits);
    throw new Problem('invalid-parameter', {
      parameter,
      detail: 'This server fetches no images: send the file itself',
    });
  }
}
