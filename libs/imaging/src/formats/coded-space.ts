import type { ColorCoding } from '../color/color-coding.js';
import { codingOfAvif } from './avif-color.js';
import { codingToConvert, isGrayPng } from './png-color.js';

/** The coding of an RGB image by code points or by chunks of PNG that decoders do not apply; `gray` for a gray one. */
export function codedSpaceOf(image: Buffer): ColorCoding | 'gray' | undefined {
  if (isGrayPng(image)) return 'gray';
  return (codingToConvert(image) ?? codingOfAvif(image))?.coding;
}
