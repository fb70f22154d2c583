import type { PublishedAudit } from '#config/audit-report-file.js';
import type { Broker } from '#broker/broker.js';
import type { ImageFetcher } from '#fetcher/image-fetcher.js';
import type { ModelEntry } from '#inference/model-catalog.js';
import type { ApiKeyFile } from '#auth/api-key-file.js';
import type { Settings } from '#config/settings.schema.js';
import type { Log } from '#telemetry/log.js';
import type { ReceiptSigner } from '#crypto/receipt-signer.js';
import type { WorkerPublicKey } from '#crypto/worker-keys.js';
import type { ApiTelemetry } from '../observability/api-telemetry.js';

/** Validated settings (`Settings`). */
export const SETTINGS = Symbol('settings');
/** Jobs, batches, payload and limits in Redis (`Broker`). */
export const BROKER = Symbol('broker');
/** API secret, 32 bytes (`Buffer`). */
export const API_SECRET = Symbol('API secret');
/** Public key of the workers (`WorkerPublicKey`): payload keys are wrapped for it. */
export const WORKER_PUBLIC_KEY = Symbol('worker public key');
/** Available models, the default one first (`readonly ModelEntry[]`). */
export const MODELS = Symbol('models');
/** Downloads images from URLs (`ImageFetcher`); undefined unless the operator has enabled it. */
export const IMAGE_FETCHER = Symbol('image fetcher');
/** Audit report that the operator publishes (`PublishedAudit`); undefined without one. */
export const AUDIT = Symbol('audit');
/** Aborted when the process starts to shut down (`AbortSignal`): waiting requests are then answered. */
export const STOPPING = Symbol('stopping');

/** Opened by `main` before Nest starts. No class of the application reads the environment or a file. */
export interface Resources {
  readonly settings: Settings;
  readonly broker: Broker;
  readonly log: Log;
  readonly telemetry: ApiTelemetry;
  readonly apiSecret: Buffer;
  readonly workerKey: WorkerPublicKey;
  readonly keys: ApiKeyFile;
  readonly receipts: ReceiptSigner;
  readonly models: readonly ModelEntry[];
  readonly images: ImageFetcher | undefined;
  readonly audit: PublishedAudit | undefined;
  readonly stopping: AbortSignal;
}
