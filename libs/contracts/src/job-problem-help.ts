import type { ProblemHelp } from './problem-help.js';

/** Help for problems of jobs, batches and of the service as a whole. */
export const JOB_HELP = {
  'job-not-found': {
    what_happened: 'There is no such job, or the token does not belong to it.',
    why:
      'The id or the token is wrong or missing, or the job has expired. The response is the same in all cases, so that it ' +
      'does not reveal which jobs exist.',
    what_to_do:
      'Send the `token` from the response to the upload as a bearer token. Submit expired jobs again.',
    example: "curl -H 'Authorization: Bearer TOKEN' http://localhost:3000/v1/jobs/ID",
  },
  'batch-not-found': {
    what_happened: 'There is no such batch, or the token does not belong to it.',
    why: 'The id or the token is wrong or missing, or the batch has expired.',
    what_to_do: 'Send the `token` from the response that opened the batch as a bearer token.',
    example: "curl -H 'Authorization: Bearer TOKEN' http://localhost:3000/v1/batches/ID",
  },
  'result-busy': {
    what_happened: 'Another request is downloading this result right now.',
    why: 'A result is delivered once, to one reader at a time.',
    what_to_do: 'Wait for the time in Retry-After. If the other download succeeds, the result is deleted.',
    example: "curl --retry 3 -H 'Authorization: Bearer TOKEN' -o cutout.png …/v1/jobs/ID/result?wait=60",
  },
  'batch-closed': {
    what_happened: 'The batch is closed and accepts no more images.',
    why: 'A client closes a batch after adding its last image.',
    what_to_do: 'Open another batch for the rest.',
    example: 'curl -X POST http://localhost:3000/v1/batches',
  },
  'batch-full': {
    what_happened: 'The batch already contains the maximum number of images.',
    why: 'The number of images in a batch is limited.',
    what_to_do: 'Close this batch and open another one for the rest.',
    example: 'curl -X POST http://localhost:3000/v1/batches',
  },
  'custom-id-taken': {
    what_happened: 'Another image of the batch already has this `custom_id`.',
    why: 'Results are named after it, so each image needs its own. Often, a successful upload was sent again.',
    what_to_do: 'Use another `custom_id`. If this was a repeated upload, the image is already in the batch.',
    example: 'curl -F image=@a.jpg -F custom_id=a -H "Authorization: Bearer TOKEN" …/v1/batches/ID/jobs',
  },
  'not-purged': {
    what_happened: 'There is no receipt yet.',
    why: 'A receipt confirms that the image and its result were deleted. This job has not been deleted yet.',
    what_to_do: 'Download the result or cancel the job, then request the receipt.',
    example: "curl -H 'Authorization: Bearer TOKEN' http://localhost:3000/v1/jobs/ID/receipt",
  },
  'result-delivered': {
    what_happened: 'The result was already downloaded and has been deleted.',
    why: 'A result is delivered once and then deleted.',
    what_to_do: 'Use the file you downloaded. If it is lost, submit the image again.',
    example: "curl -H 'Prefer: wait=60' -F image=@photo.jpg -o cutout.png http://localhost:3000/v1/jobs",
  },
  'result-expired': {
    what_happened:
      'No worker started the image in time, or its result was not fetched in time. All of its data has been deleted.',
    why: 'Images and results are held for a short time only. /.well-known/retention says for how long.',
    what_to_do: 'Submit the image again, and fetch the result as soon as it is ready.',
    example: "curl -H 'Prefer: wait=60' -F image=@photo.jpg -o cutout.png http://localhost:3000/v1/jobs",
  },
  'job-cancelled': {
    what_happened: 'The job was canceled, and all of its data has been deleted.',
    why: 'A client with its token sent DELETE, or the client that waited for the result disconnected.',
    what_to_do: 'Submit the image again if you still need the result.',
    example: 'curl -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'batch-cancelled': {
    what_happened: 'The batch was canceled, and all its images have been deleted.',
    why: 'A client with its token sent DELETE.',
    what_to_do: 'Open another batch and add the images again.',
    example: 'curl -X POST http://localhost:3000/v1/batches',
  },
  'not-started-in-time': {
    what_happened:
      'No worker started the job within the `start_within` of its request. Its image has been deleted.',
    why: 'Other images were ahead of it in the queue, or no worker was running.',
    what_to_do:
      'Submit the image again, with a new Idempotency-Key if you send one. A larger `start_within` waits longer; without ' +
      'one, an image waits as long as the service allows.',
    example: 'curl -F image=@photo.jpg -F start_within=120 http://localhost:3000/v1/jobs',
  },
  'queue-lost': {
    what_happened: 'The queue was restarted, and the job was lost.',
    why: 'Images are kept in memory only and never written to disk, so a restart of the queue loses them.',
    what_to_do: 'Submit the image again.',
    example: 'curl -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'wrong-region': {
    what_happened: 'This job belongs to another region.',
    why: 'Images stay in the region that received them.',
    what_to_do:
      'Send the request to the `address` in the response, or to the region where you submitted the image.',
    example: "curl -H 'Authorization: Bearer TOKEN' https://eu.cutouts.example.com/v1/jobs/eu_ID",
  },
  'rate-limited': {
    what_happened: 'Too many images were sent from this address, or with this key, in a short time.',
    why: 'Rate limits keep the service available for all clients.',
    what_to_do:
      'Wait for the time in Retry-After, then send requests more slowly. An API key may have a higher limit.',
    example: '# respects Retry-After\ncurl --retry 5 -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'tenant-limit': {
    what_happened: 'You have reached the maximum number of images in progress.',
    why: 'Images count from their upload until their result has been fetched, canceled or deleted.',
    what_to_do: 'Fetch results that are ready, or wait for the time in Retry-After.',
    example: "curl -H 'Authorization: Bearer TOKEN' -o cutout.png http://localhost:3000/v1/jobs/ID/result",
  },
  'too-many-open-requests': {
    what_happened: 'You have reached the maximum number of open requests.',
    why: 'Each upload, waiting request and event stream counts until it has ended.',
    what_to_do: 'Wait until one of them has ended. For many images, use a batch, which needs one connection.',
    example: 'ls *.jpg | xargs -P 4 -I{} curl -F image=@{} http://localhost:3000/v1/jobs',
  },
  'internal-error': {
    what_happened: 'Something went wrong on our side. Your image was not kept.',
    why: 'The service has a bug.',
    what_to_do: 'Try again. If it happens again, report to the operator what you sent and when.',
    example: 'curl --retry 3 -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'broker-unavailable': {
    what_happened: 'The service cannot reach its queue at the moment.',
    why: 'Redis is restarting, or the connection to it is down.',
    what_to_do: 'Try again shortly. Accepted jobs continue unless the queue was restarted.',
    example: 'curl --retry 5 -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'capacity-exhausted': {
    what_happened: 'All memory for images is in use.',
    why: 'Images are kept in memory only. An image is accepted when there is memory for it and its result.',
    what_to_do: 'Wait for the time in Retry-After, then try again.',
    example: '# respects Retry-After\ncurl --retry 5 -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
  'not-ready': {
    what_happened: 'The service is not ready yet.',
    why: 'It is starting, or no worker is running.',
    what_to_do: 'Wait a few seconds. If you run the service, check the logs of its workers.',
    example: 'curl http://localhost:3000/readyz',
  },
  'shutting-down': {
    what_happened: 'This instance of the service is shutting down.',
    why: 'It is being restarted or replaced.',
    what_to_do: 'Try again. Another instance, or the restarted one, will answer.',
    example: 'curl --retry 5 -F image=@photo.jpg http://localhost:3000/v1/jobs',
  },
} as const satisfies Record<string, ProblemHelp>;
