import type { Broker } from '#broker/broker.js';
import type { ImageFetcher } from '#fetcher/image.fetcher.js';
import type { ModelEntry } from '#inference/model.catalogue.js';
import type { KeyBookFile } from '#settings/key.book.file.js';
import type { Settings } from '#settings/settings.schema.js';
import type { Log } from '#telemetry/log.js';
import type { ApiTelemetry } from './telemetry/api.telemetry.js';
import type { ReceiptSigner } from '#vault/receipt.signer.js';

/** What `main` opens before Nest starts and hands in: nothing below reads the environment or a file. */
export abstract class ApiContext {
  abstract readonly settings: Settings;
  abstract readonly broker: Broker;
  abstract readonly log: Log;
  /** What operators are told in numbers and spans. */
  abstract readonly telemetry: ApiTelemetry;
  /** Key-encryption key, 32 bytes. */
  abstract readonly kek: Buffer;
  /** API keys and tiers in force. */
  abstract readonly keys: KeyBookFile;
  /** Signs deletion receipts. */
  abstract readonly receipts: ReceiptSigner;
  /** Models that clients may ask for, the default one first. */
  abstract readonly models: readonly ModelEntry[];
  /** Fetches images from addresses; undefined while the operator has not switched that on. */
  abstract readonly images: ImageFetcher | undefined;
  /** Folder of the built page. */
  abstract readonly pageFolder: string;
  /** Aborted when the process begins to stop: waiting requests are let go. */
  abstract readonly stopping: AbortSignal;
}
