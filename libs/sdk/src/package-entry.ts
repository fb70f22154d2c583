/** Public API of the npm package. */
export {
  BatchClient,
  type BatchKey,
  type BatchUpload,
  type NextResult,
  type OpenSettings,
} from './batch-client.js';
export { CutoutImage, type CutoutFacts } from './cutout-image.js';
export type { CutoutOptions } from './cutout-options.js';
export type { Cutout, CutoutProgress } from './cutout-run.js';
export type { ImageInput } from './image-input.js';
export type { BatchImage, BatchOutcome } from './in-flight-window.js';
export {
  JobClient,
  type JobKey,
  type JobResult,
  type Submission,
  type SubmitSettings,
} from './job-client.js';
export type { JobEvent } from './job-follow.js';
export type { Waiting } from './retry-policy.js';
export {
  RegionChoice,
  NoRegionError,
  type ChosenRegion,
  type RegionAddresses,
  type RegionChoiceSettings,
} from './region-choice.js';
export { checkReceipt, receiptKeysIn, type ReceiptFault, type ReceiptVerdict } from './receipt-check.js';
export {
  RemoveBg,
  type BatchSettings,
  type RemoveBgSettings,
  type RemoveSettings,
} from './removebg-client.js';
export {
  RemoveBgError,
  type ArgumentCode,
  type ConnectionCode,
  type RemoveBgErrorCode,
  type RemoveBgErrorFacts,
} from './removebg-error.js';
export type { ServerAddress } from './server-address.js';
export type { CallSettings, JobClientSettings, Upload } from './service-transport.js';
export type { BatchCreated, BatchJob, BatchView } from '#contracts/batch-view.js';
export type { JobEventName, JobEvents } from '#contracts/job-events.js';
export type { JobId } from '#contracts/job-id.js';
export type { JobOptions } from '#contracts/job-options.js';
export type { Stage } from '#contracts/job-states.js';
export type { JobAccepted, JobView, ResultFacts } from '#contracts/job-view.js';
export type { ProblemCode } from '#contracts/problem-catalog.js';
export type { ReceiptClaims, ReceiptKeySet } from '#contracts/receipt-claims.js';
