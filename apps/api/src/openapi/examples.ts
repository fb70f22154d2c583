import type { AccountView } from '#contracts/account-view.js';
import { jobLinks, type JobAccepted, type JobView, type ResultFacts } from '#contracts/job-view.js';
import type { BatchId } from '#contracts/batch-id.js';
import { batchLinks, type BatchJob, type BatchView } from '#contracts/batch-view.js';
import { problemBody } from '#contracts/problem-catalog.js';
import type { JobId } from '#contracts/job-id.js';
import type { ReadyView } from '#contracts/service-view.js';

const id = 'q83vASNFZ4mrze8BI0VniQ' as JobId;

const ResultFacts: ResultFacts = {
  bytes: 482_113,
  width: 512,
  height: 512,
  format: 'png',
  foreground: { left: 31, top: 42, width: 380, height: 470 },
  model: 'isnet',
  provider: 'cpu',
};

const JobAccepted: JobAccepted = {
  id,
  token: 'Zm9yLXRoaXMtam9iLW9ubHktbmV2ZXItc3RvcmVkLWE',
  status: 'queued',
  queue_position: 1,
  eta_ms: 900,
  expires_at: '2026-01-31T12:05:00.000Z',
  links: jobLinks(id),
};

const Job: JobView = {
  id,
  status: 'ready',
  version: 4,
  done: false,
  result: ResultFacts,
  expires_at: '2026-01-31T12:02:00.000Z',
  links: jobLinks(id),
};

const Account: AccountView = {
  tier: 'standard',
  key: { id: 'k7Qm2vXa9B' },
  limits: {
    weight: 4,
    requests_per_minute: 300,
    megapixels_per_minute: 2500,
    images_in_flight: 64,
    bytes_in_flight: 1_610_612_736,
  },
  left: { requests: 299, requests_reset_s: 57, megapixels: 2499, megapixels_reset_s: 1 },
  in_flight: { images: 1, bytes: 2_621_440 },
};

const batchId = 'Zk3vASNFZ4mrze8BI0VniQ' as BatchId;

const Batch: BatchView = {
  id: batchId,
  status: 'closed',
  version: 4012,
  counts: {
    ...{ total: 2000, queued: 57, running: 2, ready: 5, delivering: 1 },
    ...{ delivered: 1934, failed: 1, cancelled: 0, expired: 0 },
  },
  failures: [{ custom_id: 'shoes/4711.jpg', id, problem: problemBody('image-corrupt') }],
  created_at: '2026-01-31T12:00:00.000Z',
  expires_at: '2026-01-31T13:20:00.000Z',
  links: batchLinks(batchId),
};

const BatchJob: BatchJob = { ...JobAccepted, custom_id: 'shoes/4711.jpg' };

const Ready: ReadyView = { status: 'ready', workers: [{ model: 'isnet', provider: 'cpu', slots: 1 }] };

/** Examples of the schemas that have a name, each by that name. */
export const EXAMPLES: Readonly<Record<string, unknown>> = {
  ...{ Account, Batch, BatchJob, Job, JobAccepted, Ready, ResultFacts },
};
