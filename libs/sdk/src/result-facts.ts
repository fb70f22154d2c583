import type { ResultFacts } from '#contracts/job-view.js';

/** What the head of an answer tells of the cut-out in it. */
export type CutoutFacts = Pick<ResultFacts, 'bytes' | 'width' | 'height' | 'format' | 'foreground'>;

const FORMAT_OF_TYPE: Readonly<Record<string, ResultFacts['format']>> = {
  'image/png': 'png',
  'image/webp': 'webp',
  'image/jpeg': 'jpg',
  'application/zip': 'zip',
};

/** Facts of a result; numbers that are not told, as in a browser on another origin, are 0. */
export function factsOf(headers: Headers, image: Blob): CutoutFacts {
  const number = (name: string): number => Number(headers.get(name) ?? 0);
  const type = (headers.get('content-type') ?? image.type).split(';')[0] ?? '';
  return {
    bytes: image.size,
    width: number('x-width'),
    height: number('x-height'),
    format: FORMAT_OF_TYPE[type] ?? 'png',
    foreground: {
      left: number('x-foreground-left'),
      top: number('x-foreground-top'),
      width: number('x-foreground-width'),
      height: number('x-foreground-height'),
    },
  };
}
