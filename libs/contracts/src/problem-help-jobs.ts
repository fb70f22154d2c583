import type { ProblemHelp } from './problem-help.js';

/** Help for problems of jobs, batches and of the service as a whole. */
export const JOB_HELP = {
  'job-not-found': {
    what_happened: 'There is no such job, or the token does not belong to it.',
    why:
      'The id or the token is wrong or missing, or the job ended long ago. All of these get the same answer, so that ' +
      'ids of existing jobs cannot be discovered.',
    what_to_do:
      'Send the `token` from the response to the upload as a bearer token. Old jobs must be submitted again.',
    example: "curl -H 'Authorization: Bearer TOKEN' http://localhost:3000/v1/jobs/ID",
  },
  'batch-not-found': {
    what_happened: 'There is no such batch, or the token does not belong to it.',
    why: 'The id or the token is wrong or missing, or the batch expired.',
    what_to_do: 'Send the `token` from the response that opened the batch as a bearer token.',
    example: "curl -H 'Authorization: Bearer TOKEN' http://localhost:3000/v1/batches/ID",
  },
  'result-busy': {
    what_happened: 'Another request is downloading this result right now.',
    why: 'A result is delivered once, to one reader at a time.',
    what_to_do: 'Wait as long as Retry-After says. If the other download succeeds, the result is gone.',
    example: "curl --retry 3 -H 'Authorization: Bearer TOKEN' -o cutout.png …/v1/jobs/ID/result?wait=60",
  },
  'batch-closed': {
    what_happened: 'The batch has been closed and takes no more images.',
    why: 'Closing a batch says that its last image has been added.',
    what_to_do: 'Open another batch for the rest.',
    example: 'curl -X POST http://localhost:3000/v1/batches',
  },
  'batch-full': {
    what_happened: 'The batch already has as many images as one batch may have.',
    why: 'The number is limited for each batch.',
    what_to_do: 'Close this batch and open another one for the rest.',
    example: 'curl -X POST http://localhost:3000/v1/batches',
  },
  'custom-id-taken': {
    what_happened: 'Another image of the batch already has this `custom_id`.',
    why: 'Results are named by it, so each image needs its own. Often an upload that succeeded was sent again.',
    what_to_do: 'Use another `custom_id`, or go on: the image may already be in the batch.',
    example: 'curl -F image=@a.jpg -F custom_id=a -H "Authorization: Bearer TOKEN" …/v1/batches/ID/jobs',
  },
  'not-purged': {
    what_happened: 'There is no receipt yet.',
    why: 'A receipt confirms that the image and its result were deleted. This job still has one of them.',
    what_to_do: 'Download the result or cancel the job, then ask for the receipt.',
    example: "curl -H 'Authorization: Bearer TOKEN' http://localhost:3000/v1/jobs/ID/receipt",
  },
  'result-delivered': {
    what_happened: 'The result was already downloaded and has been deleted.',
    why: 'A result is delivered once. Nothing of it is kept after that.',
    what_to_do: 'Use the file you downloaded. If it is lost, submit the image again.',
    example: "curl -H 'Prefer: wait=60' -F image=@photo.jpg -o cutout.png http://localhost:3000/v1/jobs",
  },
  'result-expired': {
    what_happened: 'The job or its result was not collected in time and has been deleted.',
    why: 'Images and results are held for a short time only. /.well-known/retention says for how long.',
    what_to_do: 'Submit the image again, and fetch the result as soon as it is ready.',
    example: "curl -H 'Prefer: wait=60' -F image=@photo.jpg -o cutout.png http://localhost:3000/v1/jobs",
  },
  'job-cancelled': {
    what_happened: 'The job was canceled, and everything of it has been deleted.',
    why: 'Somebody with its token sent DELETE, or the client that waited for its result disconnected.',
    what_to_do: 'Submit the image again if you still want it.',
    example: 'curl -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'batch-cancelled': {
    what_happened: 'The batch was canceled, and all its images have been deleted.',
    why: 'Somebody with its token sent DELETE.',
    what_to_do: 'Open another batch and add the images again.',
    example: 'curl -X POST http://localhost:3000/v1/batches',
  },
  'queue-lost': {
    what_happened: 'The queue was restarted and the job is gone.',
    why: 'Images are held in memory only, so a restart loses them. That is the price of never writing them to a disk.',
    what_to_do: 'Submit the image again.',
    example: 'curl -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'wrong-region': {
    what_happened: 'This job belongs to another region.',
    why: 'Images stay in the region that received them.',
    what_to_do: 'Ask at the address in `address`, if the response has one, or where you submitted the image.',
    example: "curl -H 'Authorization: Bearer TOKEN' https://eu.cutouts.example.com/v1/jobs/eu_ID",
  },
  'rate-limited': {
    what_happened: 'Too many images came from this address, or with this key, in a short time.',
    why: 'Limits keep the service usable for everybody.',
    what_to_do:
      'Wait as long as Retry-After says, then go on more slowly. An API key may have a higher limit.',
    example: '# heeds Retry-After\ncurl --retry 5 -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'tenant-limit': {
    what_happened: 'You already have as many images in progress as you may have at a time.',
    why: 'Images count from their upload until their result has been fetched, canceled or deleted.',
    what_to_do: 'Fetch results that are ready, or wait as long as Retry-After says.',
    example: "curl -H 'Authorization: Bearer TOKEN' -o cutout.png http://localhost:3000/v1/jobs/ID/result",
  },
  'too-many-open-requests': {
    what_happened: 'You have as many requests open as one client may have.',
    why: 'Each upload, waiting request and event stream counts until it has ended.',
    what_to_do: 'Wait until one of them has ended. For many images, use a batch: it needs one connection.',
    example: 'ls *.jpg | xargs -P 4 -I{} curl -F image=@{} http://localhost:3000/v1/jobs',
  },
  'internal-error': {
    what_happened: 'Something went wrong on our side. Nothing of your image was kept.',
    why: 'A defect in the service.',
    what_to_do: 'Try again. If it happens again, report to the operator what you sent and when.',
    example: 'curl --retry 3 -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'broker-unavailable': {
    what_happened: 'The service cannot reach its queue at the moment.',
    why: 'Redis is restarting, or the network to it is down.',
    what_to_do: 'Try again shortly. Jobs that were accepted continue if the queue is still there.',
    example: 'curl --retry 5 -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'capacity-exhausted': {
    what_happened: 'The service is full: all memory for images is in use.',
    why: 'Images are held in memory only, and no image is accepted without room for it and its result.',
    what_to_do: 'Wait as long as Retry-After says, then try again.',
    example: '# heeds Retry-After\ncurl --retry 5 -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'not-ready': {
    what_happened: 'The service is not ready to work yet.',
    why: 'It is starting, or no worker is running.',
    what_to_do: 'Wait a few seconds. If you run the service, look at the log of its workers.',
    example: 'curl http://localhost:3000/readyz',
  },
  'shutting-down': {
    what_happened: 'This instance of the service is shutting down.',
    why: 'It is being restarted or replaced.',
    what_to_do: 'Try again: another instance, or the restarted one, answers.',
    example: 'curl --retry 5 -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
} as const satisfies Record<string, ProblemHelp>;
