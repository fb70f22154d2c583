import type { ProblemHelp } from './problem-help.js';

/** Help for problems of a mask. */
export const MASK_HELP = {
  'multiple-masks': {
    what_happened: 'The request has more than one mask.',
    why: 'A mask belongs to one image. The form field `mask` was sent twice.',
    what_to_do: 'Send one request for each image, with its mask.',
    example: 'curl -F image=@photo.jpg -F mask=@mask.png http://localhost:3000/v1/jobs',
  },
  'mask-corrupt': {
    what_happened: 'The mask is damaged and could not be decoded.',
    why: 'The file in `mask` is incomplete, or its content violates its format.',
    what_to_do: 'Save the mask again as PNG, in gray or with transparency.',
    example: 'curl -F image=@photo.jpg -F mask=@mask.png http://localhost:3000/v1/jobs',
  },
  'mask-mismatch': {
    what_happened: 'The mask has other proportions than the image.',
    why:
      'A mask covers the whole upright image. It may have any size, but width divided by height must be that of the ' +
      'image, within 2 percent. Proportions are compared after the photo has been rotated upright.',
    what_to_do:
      'Make the mask from the upright image without cropping it, for example in the size of the image.',
    example:
      'magick mask.png -resize 3000x2000! same.png && curl -F image=@photo.jpg -F mask=@same.png http://localhost:3000/v1/jobs',
  },
} as const satisfies Record<string, ProblemHelp>;
