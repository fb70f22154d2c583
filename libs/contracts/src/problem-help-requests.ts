import type { ProblemHelp } from './problem-help.js';

/** Help for problems of the request itself: its form, its fields, its key. */
export const REQUEST_HELP = {
  'invalid-request': {
    what_happened: 'The request was refused before any image was read.',
    why: 'It is not valid HTTP, or its address, headers or body do not have the form that this call takes.',
    what_to_do:
      'Compare the request with the reference at /docs. If a library built it, check for a broken URL.',
    example: 'curl -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'invalid-parameter': {
    what_happened: 'One parameter has a value that is not allowed. No job was created.',
    why: '`parameter` in the response names it. Where there is a list or a range of allowed values, `accepted` has it.',
    what_to_do: 'Choose one of the accepted values, or leave the parameter out to get its default.',
    example:
      'curl -F image=@photo.jpg -F format=png -F bg_color=ffffff http://localhost:3000/v1/jobs\n' +
      '# format: png, jpg, webp, zip or auto; bg_color: a hex color or a CSS color name',
  },
  'unknown-parameter': {
    what_happened: 'The request has a parameter that does not exist. No job was created.',
    why: 'Often a typo. Such a parameter is refused rather than ignored, so that no option is lost unnoticed.',
    what_to_do: 'Correct the name, or leave the parameter out. The reference at /docs lists all of them.',
    example: '# not: color=red\ncurl -F image=@photo.jpg -F bg_color=red http://localhost:3000/v1/jobs',
  },
  'missing-image': {
    what_happened: 'The request arrived, but there was no image in it.',
    why:
      'The form has no file, the file field is text (with curl, usually a missing @), or the body is empty. ' +
      '`expected` lists the fields an image can be in, `found` those that were sent.',
    what_to_do: 'Send the file in a form field named `image`, or send the bytes of the file as the body.',
    example:
      '# a form; mind the @\ncurl -F image=@photo.jpg http://localhost:3000/v1/jobs\n' +
      '# the bytes alone\ncurl --data-binary @photo.jpg http://localhost:3000/v1/jobs',
  },
  'multiple-images': {
    what_happened: 'The request has more than one image.',
    why: 'One job cuts out one image.',
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
    what_to_do: 'Do not set Content-Type for a form yourself: let the library do it.',
    example:
      "const form = new FormData();\nform.append('image', file);\n" +
      "await fetch('/v1/jobs', { method: 'POST', body: form });   // no Content-Type here",
  },
  'upload-interrupted': {
    what_happened: 'The connection ended before the whole image had arrived. What had arrived was deleted.',
    why: 'The network failed, the client disconnected, or Content-Length is larger than the file.',
    what_to_do: 'Send the image again.',
    example: 'curl --retry 3 --retry-all-errors -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'image-url-off': {
    what_happened: 'The request names an image by its address. This service does not fetch images.',
    why: 'Fetching is off by default, because it lets clients make the service connect to other servers.',
    what_to_do:
      'Download the image and send its bytes. If you run the service, IMAGE_URL=on turns fetching on.',
    example: 'curl -s https://example.com/photo.jpg | curl -F image=@- http://localhost:3000/v1/jobs',
  },
  'image-url-invalid': {
    what_happened: 'The address of the image cannot be used.',
    why: 'It is not an http or https address, or it contains a user name or password.',
    what_to_do: 'Give a complete public address that starts with https:// or http://.',
    example: 'curl -F image_url=https://example.com/photo.jpg http://localhost:3000/v1.0/removebg',
  },
  'image-url-refused': {
    what_happened: 'The address of the image leads to a place the service does not connect to.',
    why: 'Its host is on a private network or this machine, or its port is not one of those allowed.',
    what_to_do: 'Put the image on a public web server, or send its bytes instead.',
    example: 'curl -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'key-invalid': {
    what_happened: 'The API key was not accepted.',
    why: 'It is unknown, revoked or expired, or the header holds something that is not an API key.',
    what_to_do:
      'Check the key for missing characters, or ask the operator for a new one. A job token is not an API key: it ' +
      'belongs in `Authorization: Bearer` on calls about that job only.',
    example: "curl -H 'X-Api-Key: rb_…' -F image=@photo.jpg http://localhost:3000/v1/jobs",
  },
  'cross-site-request': {
    what_happened: 'A web page of another site made this request, and it was refused.',
    why: 'Pages of other sites may not use the service unless its operator allows their origin.',
    what_to_do:
      'Call the service from your own server, or ask the operator to add your origin to CORS_ORIGINS.',
    example: 'CORS_ORIGINS=https://shop.example npm start',
  },
  'not-found': {
    what_happened: 'There is nothing at this address.',
    why: 'The address has a typo, or a part of it (such as ID in an example) was not replaced.',
    what_to_do: 'Check the address. The reference at /docs lists every call.',
    example: '# the address for new jobs\ncurl -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'method-not-allowed': {
    what_happened: 'The address exists, but not for this HTTP method.',
    why: 'For example, a GET (what a browser sends) to an address that takes a POST with an image.',
    what_to_do: 'Use one of the methods in the Allow header of the response.',
    example: '# POST, not GET\ncurl -X POST -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'request-timeout': {
    what_happened: 'The request took too long to arrive. What had arrived was deleted.',
    why: 'The connection is slow, or it stalled.',
    what_to_do: 'Try again, on a faster connection or with a smaller file.',
    example: 'curl --retry 3 -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'retry-too-soon': {
    what_happened: 'Another request with the same Idempotency-Key is still sending its image.',
    why: 'A repeated request is answered from the first one, and that one has not arrived yet.',
    what_to_do: 'Wait as long as Retry-After says, then repeat the request.',
    example: "curl --retry 5 -H 'X-Api-Key: rb_…' -H 'Idempotency-Key: 7f3a' -F image=@photo.jpg …/v1/jobs",
  },
  'retry-differs': {
    what_happened: 'This Idempotency-Key was already used for another image or other options.',
    why: 'A key stands for one request. A second, different request under it is most likely a mistake.',
    what_to_do: 'Use a new key for each image, and the same key only to repeat the very same request.',
    example: 'curl -H "Idempotency-Key: $(uuidgen)" -H \'X-Api-Key: rb_…\' -F image=@photo.jpg …/v1/jobs',
  },
  'content-encoding-unsupported': {
    what_happened: 'The body is compressed, and the service does not decompress bodies.',
    why: 'The request has a Content-Encoding header, such as gzip.',
    what_to_do: 'Send the image as it is. Images are already compressed.',
    example: '# no Content-Encoding header\ncurl --data-binary @photo.jpg http://localhost:3000/v1/jobs',
  },
  'expectation-failed': {
    what_happened: 'The Expect header of the request asks for something the service cannot promise.',
    why: 'Only `Expect: 100-continue` is supported.',
    what_to_do: 'Remove the Expect header.',
    example: "curl -H 'Expect:' -F image=@photo.jpg http://localhost:3000/v1/jobs",
  },
  'misdirected-request': {
    what_happened: 'The request came under a host name that this service does not answer to.',
    why: 'A service on a loopback address answers to localhost, to that address, and to the name in PUBLIC_URL.',
    what_to_do:
      'Use the address the operator gave you. If you run the service behind a proxy, set PUBLIC_URL.',
    example: 'PUBLIC_URL=https://cutouts.example.com npm start',
  },
  'headers-too-large': {
    what_happened: 'The headers of the request are too large, or there are too many of them.',
    why: 'Usually large cookies of other programs on the same host, or a very long address.',
    what_to_do: 'Send fewer headers. Options can go into the form instead of the address.',
    example: 'curl -F image=@photo.jpg -F format=webp http://localhost:3000/v1/jobs',
  },
} as const satisfies Record<string, ProblemHelp>;
