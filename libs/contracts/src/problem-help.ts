/** Help for a problem. Plain text; `name` in backticks is code. */
export interface ProblemHelp {
  what_happened: string;
  why: string;
  what_to_do: string;
  /** A command or a few lines of code to paste. */
  example: string;
}

/** Help for problems of the request itself: its syntax, its fields, its key. */
export const REQUEST_HELP = {
  'invalid-request': {
    what_happened: 'The request was rejected before an image was read.',
    why: 'It is not valid HTTP, or its URL, headers or body do not match the API.',
    what_to_do:
      'Compare the request with the reference at /docs. If a library built it, check for a broken URL.',
    example: 'curl -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'invalid-parameter': {
    what_happened: 'One parameter has a value that is not allowed. No job was created.',
    why: '`parameter` in the response is its name, and `accepted` has the accepted values or their range.',
    what_to_do: 'Use one of the accepted values, or leave the parameter out to use its default.',
    example:
      'curl -F image=@photo.jpg -F format=png -F bg_color=ffffff http://localhost:3000/v1/jobs\n' +
      '# format: png, jpg, webp, zip or auto; bg_color: a hex color or a CSS color name',
  },
  'unknown-parameter': {
    what_happened: 'The request has a parameter that does not exist. No job was created.',
    why: 'Often this is a typo. Unknown parameters are rejected, so that a mistyped option is noticed.',
    what_to_do: 'Correct the name, or leave the parameter out. The reference at /docs lists all of them.',
    example: '# not: color=red\ncurl -F image=@photo.jpg -F bg_color=red http://localhost:3000/v1/jobs',
  },
  'missing-image': {
    what_happened: 'The request contains no image.',
    why:
      'The form has no file, the file field is text (with curl, usually a missing @), or the body is empty. ' +
      '`expected` lists the fields that may contain an image, `found` the fields that were sent.',
    what_to_do: 'Send the file in a form field named `image`, or as the request body.',
    example:
      '# as a form; note the @\ncurl -F image=@photo.jpg http://localhost:3000/v1/jobs\n' +
      '# as the request body\ncurl --data-binary @photo.jpg http://localhost:3000/v1/jobs',
  },
  'multiple-images': {
    what_happened: 'The request contains more than one image.',
    why: 'A job processes one image.',
    what_to_do: 'Send one request for each image, or open a batch and add the images to it.',
    example: 'for f in *.jpg; do curl -F image=@"$f" http://localhost:3000/v1/jobs; done',
  },
  'multiple-backgrounds': {
    what_happened: 'The request asks for more than one background.',
    why: 'A background is either a color (`bg_color`) or an image (`bg_image_file`), not both.',
    what_to_do: 'Leave out one of them.',
    example: 'curl -F image=@photo.jpg -F bg_color=white http://localhost:3000/v1/jobs',
  },
  'malformed-multipart': {
    what_happened: 'The form could not be read.',
    why:
      'The body does not match its boundary or ends too early. Usually the Content-Type header was set by hand, ' +
      'without the boundary that the HTTP library would have added.',
    what_to_do: 'Let the HTTP library set the Content-Type of forms.',
    example:
      "const form = new FormData();\nform.append('image', file);\n" +
      "await fetch('/v1/jobs', { method: 'POST', body: form });   // no Content-Type here",
  },
  'upload-interrupted': {
    what_happened: 'The connection ended before the whole image had arrived. The received part was deleted.',
    why: 'The connection failed, the client closed it, or Content-Length is larger than the file.',
    what_to_do: 'Send the image again.',
    example: 'curl --retry 3 --retry-all-errors -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'image-url-off': {
    what_happened: 'The request contains an image URL. This service does not download images.',
    why: 'Downloading is off by default, because clients could make the service connect to other servers.',
    what_to_do: 'Download the image and send it. If you run the service, IMAGE_URL=on enables downloads.',
    example: 'curl -s https://example.com/photo.jpg | curl -F image=@- http://localhost:3000/v1/jobs',
  },
  'image-url-invalid': {
    what_happened: 'The image URL is invalid.',
    why: 'It is not an http or https URL, or it contains a user name or password.',
    what_to_do: 'Send a complete public URL that starts with https:// or http://.',
    example: 'curl -F image_url=https://example.com/photo.jpg http://localhost:3000/v1.0/removebg',
  },
  'image-url-refused': {
    what_happened: 'The image URL leads to a host or port that the service does not connect to.',
    why: 'Its host is in a private network or on this machine, or its port is not allowed.',
    what_to_do: 'Put the image on a public web server, or send the image itself.',
    example: 'curl -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'key-invalid': {
    what_happened: 'The API key was not accepted.',
    why: 'It is unknown, revoked or expired, or the header contains something else.',
    what_to_do:
      'Check the key for missing characters, or ask the operator for a new one. A job token is not an API key: send ' +
      'it as `Authorization: Bearer`, and only in requests about its job.',
    example: "curl -H 'X-Api-Key: rb_…' -F image=@photo.jpg http://localhost:3000/v1/jobs",
  },
  'cross-site-request': {
    what_happened: 'A web page of another site sent this request. It was rejected.',
    why: 'Pages of other sites may not use the service unless its operator allows their origin.',
    what_to_do:
      'Call the service from your own server, or ask the operator to add your origin to CORS_ORIGINS.',
    example: 'CORS_ORIGINS=https://shop.example npm start',
  },
  'not-found': {
    what_happened: 'There is nothing at this address.',
    why: 'The URL has a typo, or a placeholder such as ID was not replaced.',
    what_to_do: 'Check the URL. The reference at /docs lists all operations.',
    example: '# the URL for new jobs\ncurl -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'method-not-allowed': {
    what_happened: 'The URL exists, but does not support this HTTP method.',
    why: 'For example, a browser sent a GET to a URL that expects a POST with an image.',
    what_to_do: 'Use one of the methods in the Allow header of the response.',
    example: '# POST, not GET\ncurl -X POST -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'request-timeout': {
    what_happened: 'The request took too long to arrive. The received part was deleted.',
    why: 'The connection is slow, or it stalled.',
    what_to_do: 'Try again with a faster connection or a smaller file.',
    example: 'curl --retry 3 -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'retry-too-soon': {
    what_happened: 'Another request with the same Idempotency-Key is still uploading its image.',
    why: 'A repeated request gets the job of the first one, whose upload is not complete yet.',
    what_to_do: 'Wait for the time in Retry-After, then repeat the request.',
    example: "curl --retry 5 -H 'X-Api-Key: rb_…' -H 'Idempotency-Key: 7f3a' -F image=@photo.jpg …/v1/jobs",
  },
  'retry-differs': {
    what_happened: 'This Idempotency-Key was already used for another image or other options.',
    why: 'An Idempotency-Key identifies one request. A different request with the same key is probably a mistake.',
    what_to_do: 'Use a new key for each image, and the same key only to repeat the same request.',
    example: 'curl -H "Idempotency-Key: $(uuidgen)" -H \'X-Api-Key: rb_…\' -F image=@photo.jpg …/v1/jobs',
  },
  'content-encoding-unsupported': {
    what_happened: 'The request body is compressed. The service does not decompress bodies.',
    why: 'The request has a Content-Encoding header, such as gzip.',
    what_to_do: 'Send the image without further compression. Image formats are already compressed.',
    example: '# no Content-Encoding header\ncurl --data-binary @photo.jpg http://localhost:3000/v1/jobs',
  },
  'expectation-failed': {
    what_happened: 'The Expect header of the request contains an unsupported expectation.',
    why: 'Only `Expect: 100-continue` is supported.',
    what_to_do: 'Remove the Expect header.',
    example: "curl -H 'Expect:' -F image=@photo.jpg http://localhost:3000/v1/jobs",
  },
  'misdirected-request': {
    what_happened: 'The Host header of the request names a host that this service does not answer for.',
    why: 'A service on a loopback address answers for localhost, that address, and the name in PUBLIC_URL.',
    what_to_do: 'Use the URL from the operator. If you run the service behind a proxy, set PUBLIC_URL.',
    example: 'PUBLIC_URL=https://cutouts.example.com npm start',
  },
  'headers-too-large': {
    what_happened: 'The request has too many headers, or its headers are too large.',
    why: 'Usually because of large cookies of other programs on the same host, or a very long URL.',
    what_to_do: 'Send fewer headers. Send options in the form instead of the URL.',
    example: 'curl -F image=@photo.jpg -F format=webp http://localhost:3000/v1/jobs',
  },
} as const satisfies Record<string, ProblemHelp>;

/** Help for problems of an image or its background. */
export const IMAGE_HELP = {
  'image-too-large': {
    what_happened: 'The image file is larger than this service accepts.',
    why: '`limit` in the response is the largest size, in `unit`. The operator sets it (MAX_UPLOAD_MB).',
    what_to_do: 'Save the image with fewer pixels, or as JPEG.',
    example: 'magick photo.png -resize 6000x6000\\> -quality 90 photo.jpg',
  },
  'image-type-unsupported': {
    what_happened: 'The file is not an image in a format that this service accepts.',
    why:
      'The bytes of the file decide its format, not its name or Content-Type. Often the field contains text, such as the ' +
      'name of the file, because the @ in the curl command is missing.',
    what_to_do: 'Send the file itself. If its format is not supported, save it as JPEG, PNG or WebP.',
    example: '# not: -F image=photo.jpg\ncurl -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'image-too-many-pixels': {
    what_happened: 'The image has more pixels, or a longer side, than this service accepts.',
    why: '`limit` in the response is the maximum, in `unit`. It limits the memory that one image can use.',
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
    what_happened: 'Processing the image took more memory than one image may use.',
    why: 'It has very many pixels for its kind. The operator sets the limit (MAX_IMAGE_MEMORY_MB).',
    what_to_do: 'Scale the image down, or save it again as a plain JPEG.',
    example: 'magick photo.png -resize 5000x5000\\> photo.jpg',
  },
  'image-url-failed': {
    what_happened: 'The image could not be downloaded from its URL.',
    why: 'The server did not answer in time, answered with an error, redirected too often, or sent no image.',
    what_to_do: 'Open the URL in a browser to check it, then try again, or send the image itself.',
    example: '# does this work?\ncurl -sSLf -o photo.jpg https://example.com/photo.jpg',
  },
  'image-truncated': {
    what_happened: 'The file ends before the image is complete.',
    why: 'A download, a copy or an upload was cut short.',
    what_to_do: 'Get the complete file again, check it in an image viewer, and send it.',
    example: '# warns about an incomplete file\nidentify -regard-warnings photo.jpg',
  },
  'image-corrupt': {
    what_happened: 'The image is damaged and could not be decoded.',
    why: 'The content of the file violates its format.',
    what_to_do: 'If an image viewer can open the file, save a copy and send the copy.',
    example: 'magick damaged.jpg repaired.png',
  },
  'background-corrupt': {
    what_happened: 'The background image is damaged and could not be decoded.',
    why: 'The file in `bg_image_file` is incomplete, or its content violates its format.',
    what_to_do: 'Save a copy of the background from an image viewer, or use a color instead.',
    example: 'curl -F image=@photo.jpg -F bg_image_file=@background.jpg http://localhost:3000/v1/jobs',
  },
  'roi-exceeds-bounds': {
    what_happened: 'The region of interest (`roi`) extends beyond the image.',
    why: 'One of its corners is outside the image. Pixels are counted after the photo has been rotated upright.',
    what_to_do: 'Keep all four numbers within the width and height of the image, or use percentages.',
    example: "curl -F image=@photo.jpg -F 'roi=10% 10% 90% 90%' http://localhost:3000/v1/jobs",
  },
  'roi-empty': {
    what_happened: 'The region of interest (`roi`) has no area.',
    why: 'Its two corners are on the same line or at the same point.',
    what_to_do: 'Give two opposite corners, as x1 y1 x2 y2.',
    example: "curl -F image=@photo.jpg -F 'roi=0% 0% 100% 100%' http://localhost:3000/v1/jobs",
  },
  'subject-not-found': {
    what_happened: 'The subject that `subject` asks for is not in the image.',
    why:
      'The image has fewer subjects than the number, or there is only background around the point. Subjects that touch ' +
      'are one subject.',
    what_to_do:
      'Send the image without `subject`: the view of the finished job lists `subjects`, the largest first, with their boxes. ' +
      'A point is measured from the upper left corner of the upright image.',
    example:
      'curl -F image=@photo.jpg -F subject=largest http://localhost:3000/v1/jobs\n' +
      "# or the one at a point\ncurl -F image=@photo.jpg -F 'subject=40%,60%' http://localhost:3000/v1/jobs",
  },
  'ground-not-flat': {
    what_happened:
      'The image has no background of one color, which `graphics=on` needs to cut it out by its colors.',
    why: 'Less than 60 % of the border of the image has one color, as in photographs, or the image is transparent already.',
    what_to_do:
      'Leave `graphics` out: a model then cuts the image out. For a drawing, use an image whose border has one color, ' +
      'or choose such a part with `roi`.',
    example: 'curl -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'foreground-not-found': {
    what_happened:
      'No subject was found in the image, so it could not be cropped, scaled or positioned. `POST /v1.0/removebg` needs a ' +
      'subject in every image, as remove.bg does.',
    why: 'Nothing in the image stands out from its background: a landscape, a texture, an empty scene.',
    what_to_do:
      'Use an image with a clear subject, or leave out `crop`, `scale` and `position` and use `POST /v1/jobs`: the result ' +
      'then has the hint `no-subject`.',
    example: '# without crop=true\ncurl -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'subject-no-room': {
    what_happened: '`padding` and `margin` leave no pixel of the result to the subject.',
    why: 'Together they are as wide or as high as the result. Percentages are of the result, pixels are its pixels.',
    what_to_do: 'Send a smaller `padding` or `margin`, or a larger `output_size`.',
    example: 'curl -F image=@photo.jpg -F output_size=1000x1000 -F padding=5% http://localhost:3000/v1/jobs',
  },
  'max-bytes-too-small': {
    what_happened: 'The result has more bytes than `max_bytes` allows, even at the lowest quality (30).',
    why: 'The result has many pixels or much detail for that number of bytes.',
    what_to_do:
      'Send a larger `max_bytes`, a smaller `size`, or `format=avif`, which makes the smallest files.',
    example:
      'curl -F image=@photo.jpg -F format=webp -F max_bytes=100000 -F size=medium http://localhost:3000/v1/jobs',
  },
  'model-unknown': {
    what_happened: 'This service has no model of that name.',
    why: 'The option `model` accepts the names at /v1/models, which the operator chooses.',
    what_to_do: 'Choose one of the names at /v1/models, or leave the option out to get the default.',
    example: 'curl http://localhost:3000/v1/models',
  },
  'worker-crashed': {
    what_happened: 'Processing the image crashed twice. The image was deleted.',
    why: 'Something in the file triggers a fault in a decoder, or in the model.',
    what_to_do: 'Open it in an image editor, save it again as PNG or JPEG, and send that.',
    example: 'magick photo.webp photo.png',
  },
  'deadline-exceeded': {
    what_happened: 'Processing the image took longer than allowed. The image was deleted.',
    why: 'The image is very large, or the machine is very busy. The operator sets the limit (JOB_DEADLINE_S).',
    what_to_do: 'Scale the image down, or try again later.',
    example: 'magick photo.jpg -resize 4000x4000\\> smaller.jpg',
  },
  'processing-failed': {
    what_happened: 'The image could not be processed and was deleted.',
    why: 'An internal error of the service.',
    what_to_do: 'Try again. If it fails again, save the image in another format and send that.',
    example: 'magick photo.webp photo.png',
  },
} as const satisfies Record<string, ProblemHelp>;
