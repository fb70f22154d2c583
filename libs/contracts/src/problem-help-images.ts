import type { ProblemHelp } from './problem-help.js';

/** Help for problems of an image or its background. */
export const IMAGE_HELP = {
  'image-too-large': {
    what_happened: 'The image file is larger than this service accepts.',
    why: '`limit` in the response is the largest size, in `unit`. The operator sets it (MAX_UPLOAD_MB).',
    what_to_do: 'Save the image with fewer pixels, or as JPEG.',
    example: 'magick photo.png -resize 6000x6000\\> -quality 90 photo.jpg',
  },
  'image-type-unsupported': {
    what_happened: 'What was sent is not an image in a format this service takes.',
    why:
      'The format is decided by the bytes of the file, not by its name or Content-Type. Often the field holds text, ' +
      'such as the name of the file, because the @ of curl is missing.',
    what_to_do: 'Send the file itself. If its format is not supported, save it as JPEG, PNG or WebP.',
    example: '# not: -F image=photo.jpg\ncurl -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'image-too-many-pixels': {
    what_happened: 'The image has more pixels, or a longer side, than this service accepts.',
    why: '`limit` in the response is the most, in `unit`. It bounds the memory that one image can take.',
    what_to_do: 'Scale the image down.',
    example: 'magick photo.jpg -resize 8000x8000\\> smaller.jpg',
  },
  'image-too-complex': {
    what_happened: 'Opening the image would take more work than this service allows.',
    why: 'It has an unusual number of scans, frames or parts, or it took too long to open (OPENING_DEADLINE_S).',
    what_to_do: 'Open it in an image editor and save it again as a plain JPEG or PNG.',
    example: 'magick photo.jpg -interlace none plain.jpg',
  },
  'image-memory-exceeded': {
    what_happened: 'Working on the image took more memory than one image may take.',
    why: 'It has very many pixels for its kind. The operator sets the limit (MAX_IMAGE_MEMORY_MB).',
    what_to_do: 'Scale the image down, or save it again as a plain JPEG.',
    example: 'magick photo.png -resize 5000x5000\\> photo.jpg',
  },
  'image-url-failed': {
    what_happened: 'The image could not be fetched from its address.',
    why: 'The server did not answer in time, answered with an error, redirected too often, or sent no image.',
    what_to_do: 'Open the address in a browser to check it, then try again, or send the bytes of the image.',
    example: '# does this work?\ncurl -sSLf -o photo.jpg https://example.com/photo.jpg',
  },
  'image-truncated': {
    what_happened: 'The file ends before its image does.',
    why: 'A download, a copy or an upload was cut short.',
    what_to_do: 'Get the whole file again, check that a viewer shows it to its last line, and send that.',
    example: '# complains about a file that is cut short\nidentify -regard-warnings photo.jpg',
  },
  'image-corrupt': {
    what_happened: 'The image is damaged and could not be decoded.',
    why: 'Bytes in the file contradict its format.',
    what_to_do: 'If a viewer still opens it, save a copy from there and send the copy.',
    example: 'magick damaged.jpg repaired.png',
  },
  'background-corrupt': {
    what_happened: 'The background image is damaged and could not be decoded.',
    why: 'The file in `bg_image_file` is cut short, or bytes in it contradict its format.',
    what_to_do: 'Save a copy of the background from an image viewer, or use a color instead.',
    example: 'curl -F image=@photo.jpg -F bg_image_file=@background.jpg http://localhost:3000/v1/jobs',
  },
  'roi-exceeds-bounds': {
    what_happened: 'The region of interest (`roi`) reaches beyond the image.',
    why: 'One of its corners lies outside. Pixels are counted after the photo has been turned upright.',
    what_to_do: 'Keep all four numbers within the width and height of the image, or use percentages.',
    example: "curl -F image=@photo.jpg -F 'roi=10% 10% 90% 90%' http://localhost:3000/v1/jobs",
  },
  'roi-empty': {
    what_happened: 'The region of interest (`roi`) has no area.',
    why: 'Its two corners are on the same line or at the same point.',
    what_to_do: 'Give two opposite corners, as x1 y1 x2 y2.',
    example: "curl -F image=@photo.jpg -F 'roi=0% 0% 100% 100%' http://localhost:3000/v1/jobs",
  },
  'foreground-not-found': {
    what_happened: 'No subject was found in the image, so it could not be cropped, scaled or positioned.',
    why: 'Nothing in the image stands out from its background: a landscape, a texture, an empty scene.',
    what_to_do: 'Use an image with a clear subject, or leave out `crop`, `scale` and `position`.',
    example: '# without crop=true\ncurl -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'model-unknown': {
    what_happened: 'This service has no model of that name.',
    why: 'The option `model` takes the names that the operator offers.',
    what_to_do: 'Choose one of the names at /v1/models, or leave the option out to get the default.',
    example: 'curl http://localhost:3000/v1/models',
  },
  'worker-crashed': {
    what_happened: 'The image crashed the software that works on it, twice. It was deleted.',
    why: 'Something in the file triggers a fault in a decoder, or in the model.',
    what_to_do: 'Open it in an image editor, save it again as PNG or JPEG, and send that.',
    example: 'magick photo.webp photo.png',
  },
  'deadline-exceeded': {
    what_happened: 'Working on the image took longer than one image may take. It was deleted.',
    why: 'The image is very large, or the machine is very busy. The operator sets the limit (JOB_DEADLINE_S).',
    what_to_do: 'Scale the image down, or try again later.',
    example: 'magick photo.jpg -resize 4000x4000\\> smaller.jpg',
  },
  'processing-failed': {
    what_happened: 'The image could not be processed. It was deleted.',
    why: 'An error inside the service that has no code of its own.',
    what_to_do: 'Try once more. If it fails again, save the image in another format and send that.',
    example: 'magick photo.webp photo.png',
  },
} as const satisfies Record<string, ProblemHelp>;
