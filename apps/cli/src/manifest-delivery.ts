import { createHash } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MIME_OF_FORMAT } from '#contracts/job-options.js';
import type { BatchOutcome } from '#sdk/in-flight-window.js';
import type { JobKey } from '#sdk/job-client.js';
import type { RemoveBg } from '#sdk/removebg-client.js';
import { RemoveBgError } from '#sdk/removebg-error.js';
import { AddressError } from './address-error.js';
import { upload } from './address-transfer.js';
import type { ManifestJob } from './manifest-line.js';
import type { DoneLine, ResultsWriter } from './manifest-results.js';
import type { ManifestState, Placement } from './manifest-state.js';
import { writeAtomically, writeDraft } from './result-files.js';

/** A cutout that has arrived. */
export type Arrived = Extract<BatchOutcome, { ok: true }>;

/** What a delivery needs. */
export interface DeliveryParts {
  client: RemoveBg;
  state: ManifestState;
  results: ResultsWriter;
  /** Folder for receipts; undefined if they are part of the results. */
  receipts: string | undefined;
  /** Aborts requests. */
  signal: AbortSignal;
  /** Ends the retries, not the request. */
  retrySignal: AbortSignal;
}

const MAX_NAME = 200;

/**
 * Writes results to where the manifest wants them. Before a result is written, the state records it; after it is written,
 * its line is added to the results. A run that is killed in between is completed by the next one.
 */
export class ManifestDelivery {
  constructor(private readonly parts: DeliveryParts) {}

  /**
   * Writes a result and its line, and returns the line.
   * @throws AddressError | the file system's error | the signals' reasons
   */
  async deliver(job: ManifestJob, arrived: Arrived, inputAttempts: number | undefined): Promise<DoneLine> {
    const bytes = new Uint8Array(await arrived.image.arrayBuffer());
    const placement: Placement = {
      fingerprint: job.fingerprint,
      sha256: sha256Of(bytes),
      line: doneLine(job, arrived, inputAttempts),
      ...(arrived.job !== undefined && { token: arrived.job.token }),
    };
    if (job.output.kind === 'address') return this.put(job, job.output.url, placement, bytes);
    const { path } = job.output;
    const draft = join(
      dirname(path),
      `.${basename(path).slice(0, MAX_NAME)}.${job.fingerprint.slice(0, 12)}.part`,
    );
    await writeDraft(draft, bytes);
    await this.parts.state.addPlacement({ ...placement, draft });
    return this.finish({ ...placement, draft }, path);
  }

  /**
   * Completes what an interrupted run was about to write. Returns undefined if the result is neither in the draft nor in the
   * file: then the image is to be processed again.
   */
  async complete(job: ManifestJob): Promise<DoneLine | undefined> {
    const placement = this.parts.state.placementOf(job.fingerprint);
    if (placement?.draft === undefined || job.output.kind !== 'file') return undefined;
    const { draft, sha256 } = placement;
    const { path } = job.output;
    if ((await hashOf(draft)) === sha256) return this.finish(placement, path);
    if ((await hashOf(path)) !== sha256) return undefined;
    return this.record(placement);
  }

  private async finish(placement: Placement, path: string): Promise<DoneLine> {
    const { draft = path } = placement;
    try {
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    await syncFolder(dirname(path));
    return this.record(placement);
  }

  private async put(
    job: ManifestJob,
    url: URL,
    placement: Placement,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<DoneLine> {
    const { state, signal, retrySignal } = this.parts;
    // As little as possible happens between the response to PUT and the line of the results.
    const receipt = await this.receiptOf(placement);
    const wasTried = state.placementOf(job.fingerprint)?.sha256 === placement.sha256;
    await state.addPlacement(placement);
    const headers = headersFor(job, placement.line.format);
    let attempts: number;
    try {
      attempts = await upload({ url, headers, bytes, signal, retrySignal });
    } catch (error) {
      // If-None-Match: an earlier attempt of this run, or of the one before, has written the object.
      const isOwn = error instanceof AddressError && error.code === 'output-exists';
      if (!isOwn || !(wasTried || error.attempts > 1)) throw error;
      ({ attempts } = error);
    }
    return this.add({ ...placement.line, ...receipt, output_attempts: attempts });
  }

  private async record(placement: Placement): Promise<DoneLine> {
    return this.add({ ...placement.line, ...(await this.receiptOf(placement)) });
  }

  private async add(line: DoneLine): Promise<DoneLine> {
    const ended = { ...line, ended_at: new Date().toISOString() };
    await this.parts.results.add(ended);
    return ended;
  }

  /** The deletion receipt. A result without one is delivered all the same. */
  private async receiptOf({ line, token }: Placement): Promise<Pick<DoneLine, 'receipt' | 'receipt_error'>> {
    const { client, receipts, signal } = this.parts;
    if (line.job_id === undefined || token === undefined) return { receipt_error: 'job-not-found' };
    try {
      const receipt = await client.receipt({ id: line.job_id, token } satisfies JobKey, { signal });
      if (receipts === undefined) return { receipt };
      const path = join(receipts, `${fileNameOf(line.custom_id)}.jws`);
      await writeAtomically(path, Buffer.from(`${receipt}\n`));
      return { receipt: path };
    } catch (error) {
      if (!(error instanceof RemoveBgError)) throw error;
      return { receipt_error: error.code };
    }
  }
}

function doneLine(
  job: ManifestJob,
  { facts, job: key, attempts }: Arrived,
  inputAttempts: number | undefined,
): DoneLine {
  const { bytes, width, height, format, confidence, hints } = facts;
  return {
    ...{ custom_id: job.customId, status: 'done', output: job.outputName },
    ...{ bytes, width, height, format, job_id: key?.id, confidence, hints },
    ...{ line: job.line, attempts, input_attempts: inputAttempts },
    ...{ ended_at: '', fingerprint: job.fingerprint },
  };
}

/** Headers of a PUT; those of the manifest replace the others. */
function headersFor({ outputHeaders }: ManifestJob, format: string): Record<string, string> {
  const names = new Set(Object.keys(outputHeaders).map((name) => name.toLowerCase()));
  const type = (MIME_OF_FORMAT as Readonly<Record<string, string>>)[format] ?? 'application/octet-stream';
  return { ...(!names.has('content-type') && { 'Content-Type': type }), ...outputHeaders };
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const hashOf = async (path: string): Promise<string | undefined> =>
  readFile(path).then(sha256Of, () => undefined);

/** Writes the names in a folder to the disk, where the system supports it. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** A file name for a `custom_id`, different for different ones. */
function fileNameOf(customId: string): string {
  const name = encodeURIComponent(customId);
  return name.length <= MAX_NAME ? name : sha256Of(Buffer.from(customId));
}
