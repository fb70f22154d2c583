import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { inputKey as uploadKey } from '#broker/redis/redis-keys.js';
import { costOf } from '#broker/records/job-cost.js';
import type { JobRecord } from '#broker/records/job-record.js';
import { lifetimeAfter, promisesOf, type PromisedSeconds } from '#broker/records/lifetimes.js';
import type { SchedulingRequest } from '#broker/queue/fair-scheduler.js';
import { throughOutage } from '#broker/redis/redis-errors.js';
import type { BatchMembership } from '#broker/jobs/job-scripts.js';
import { UploadSession } from '#broker/jobs/upload-session.js';
import { mustBe } from '#contracts/option-refusal.js';
import { Problem } from '#contracts/problem-catalog.js';
import type { ImageLimits } from '#imaging/formats/image-facts.js';
import { imageLimits } from '#config/image-limits.js';
import { deriveSecrets, drawToken, jobIdOf, type JobSecrets } from '#crypto/job-token.js';
import { wrapKeys } from '#crypto/key-wrap.js';
import { sameFingerprint } from '#crypto/upload-fingerprint.js';
import { wipe } from '#crypto/wipe.js';
import type { WorkerPublicKey } from '#crypto/worker-keys.js';
import { SETTINGS, BROKER, MODELS, WORKER_PUBLIC_KEY } from '../core/providers.js';
import { announcedBytes, maxUploadBytes } from '../http/fastify-adapter.js';
import { CallerService, type Caller } from '../auth/caller.service.js';
import { PixelLimit } from '../rate-limit/rate-limits.js';
import { IdempotencyService, type IdempotencyClaim } from './idempotency.service.js';
import { nativeUpload, type UploadContent, type UploadSource } from './upload-source.js';
import { RemoteImageService } from './remote-image.service.js';
import { requirePromises } from './promise-limits.js';
import { mediaTypeOf } from './upload-body.js';
import { UploadEncryptor } from './upload-encryptor.js';
import type { Settings } from '#config/settings.schema.js';
import type { Broker } from '#broker/broker.js';
import { ApiTelemetry } from '../observability/api-telemetry.js';
import type { ModelEntry } from '#inference/model-catalog.js';

/** Bytes per pixel of a losslessly encoded cut-out: a conservative estimate. */
const OUTPUT_BYTES_PER_PIXEL = 1.5;

/** Largest body of a request with an image URL. */
const MAX_BYTES_WITHOUT_IMAGE = 131_072;

/** A queued job. Its token exists only here and at the client. */
export interface Accepted {
  record: JobRecord;
  token: Buffer;
  /** True when the client can get the job again by repeating its request, even without the token. */
  repeatable: boolean;
  /** True when an earlier request created the job. */
  replayed: boolean;
  extraFields: UploadContent['extraFields'];
  /** Names of ignored fields. */
  ignored: UploadContent['ignored'];
}

/** Differences of a submission from `POST /v1/jobs`. */
export interface SubmitOptions {
  /** Reads the request; `nativeUpload` by default. */
  source?: UploadSource;
  /** Set for an image of a batch. */
  member?: Member | undefined;
}

/** An image of a batch. */
export interface Member {
  /** Token of the job, derived from the token of the batch. */
  token: Buffer;
  /** Promises of the batch, for an image without its own. */
  promises: PromisedSeconds;
  /** Its entry in the batch, from the extra fields of the request. @throws Problem */
  membership: (extraFields: UploadContent['extraFields']) => BatchMembership;
}

/** One submission in progress. */
interface Submission {
  request: FastifyRequest;
  source: UploadSource;
  /** Bytes to reserve for the upload. */
  reserveBytes: number;
  member: Member | undefined;
  caller: Caller;
  secrets: JobSecrets;
  claim: IdempotencyClaim | undefined;
}

/** A submission whose job exists. */
interface StartedSubmission extends Submission {
  /** Encrypts the upload. */
  inputKey: Buffer;
  session: UploadSession;
}

type Received = Pick<Accepted, 'record' | 'extraFields' | 'ignored'>;

/** Encrypts uploads chunk by chunk as they arrive, stores them in the broker, and queues their jobs. */
@Injectable()
export class UploadService {
  private readonly limits: ImageLimits;
  private readonly maxBytes: number;
  private readonly native: UploadSource;

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(BROKER) private readonly broker: Broker,
    private readonly telemetry: ApiTelemetry,
    @Inject(WORKER_PUBLIC_KEY) private readonly workerKey: WorkerPublicKey,
    @Inject(MODELS) private readonly models: readonly ModelEntry[],
    private readonly callers: CallerService,
    private readonly claims: IdempotencyService,
    private readonly pixels: PixelLimit,
    private readonly images: RemoteImageService,
  ) {
    this.native = nativeUpload(images);
    this.maxBytes = maxUploadBytes(settings);
    this.limits = imageLimits(settings);
  }

  /**
   * Queues one image, or finds the job of an earlier attempt of the same request. When this throws, nothing of the request
   * is stored.
   * @throws Problem why the upload is rejected
   */
  async submit(request: FastifyRequest, options: SubmitOptions = {}): Promise<Accepted> {
    const { source = this.native, member } = options;
    const caller = this.callers.of(request);
    // A repeated image of a batch is recognized by its `custom_id`.
    const claim = member === undefined ? await this.claims.claim(request, caller) : undefined;
    const token = member?.token ?? claim?.token ?? drawToken();
    const submission = {
      request,
      source,
      member,
      caller,
      claim,
      reserveBytes: this.reservationBytes(request),
    };
    try {
      const received = claim?.earlier
        ? await this.findEarlier(request, source, claim)
        : await this.start({ ...submission, secrets: deriveSecrets(token) });
      const replayed = claim?.earlier !== undefined;
      return { ...received, token, repeatable: claim !== undefined, replayed };
    } catch (error) {
      wipe(token);
      claim?.fingerprint.drop();
      throw error;
    }
  }

  /** Queues a job again if the API that accepted it was killed before it did so. For repeated requests. */
  async restore(request: FastifyRequest, { id, state, pixels = 0 }: JobRecord): Promise<void> {
    if (state !== 'queued') return;
    await this.broker.queue.restore(id, this.schedulingOf(this.callers.of(request), pixels));
  }

  /** Cancels a job whose client disconnected before it received the token. */
  async withdraw(id: JobRecord['id']): Promise<void> {
    await throughOutage(() => this.broker.purge.cancelled(id));
  }

  /** Bytes to reserve for a request: the announced size, or the limit when the image may be downloaded. */
  private reservationBytes(request: FastifyRequest): number {
    const announced = announcedBytes(request);
    const isImage = mediaTypeOf(request).startsWith('image/');
    const mayFetch = this.images.isEnabled && !isImage && announced <= MAX_BYTES_WITHOUT_IMAGE;
    return (mayFetch ? 0 : announced) || this.maxBytes;
  }

  private async start(submission: Submission): Promise<Received> {
    const { reserveBytes, caller, secrets, claim } = submission;
    const { settings, broker } = this;
    const { wrappedKeys, inputKey } = wrapKeys(this.workerKey, secrets);
    try {
      const session = await UploadSession.start(broker, secrets.id, {
        wrappedKeys,
        tenant: caller.tenant,
        maxBytes: reserveBytes,
        region: settings.REGION,
      });
      return await this.receive({ ...submission, inputKey, session });
    } catch (error) {
      // A failed request may be repeated, with another image too.
      if (claim !== undefined) await broker.idempotency.forget(claim.entry).catch(() => undefined);
      throw await this.withRetryAfter(error, reserveBytes, caller);
    } finally {
      wipe(inputKey, secrets.outputKey);
    }
  }

  /** Adds `Retry-After` to a refusal for lack of memory: when memory is likely to be free, in total or for this tenant. */
  private async withRetryAfter(error: unknown, bytes: number, { tenant, tier }: Caller): Promise<unknown> {
    const code = error instanceof Problem ? error.code : undefined;
    if (code !== 'capacity-exhausted' && code !== 'tenant-limit') return error;
    const { capacity } = this.broker;
    const retryAfterS = await capacity.retryAfterS(bytes, code === 'tenant-limit' ? tenant.id : undefined);
    if (code === 'capacity-exhausted') return new Problem(code, { retryAfterS });
    return new Problem(code, {
      ...{ limit: tier.imagesInFlight, unit: 'images', retryAfterS },
      detail: `The limit is ${tier.imagesInFlight} images, or ${Math.floor(tier.bytesInFlight / 1_048_576)} MiB, at a time.`,
    });
  }

  private async receive(submission: StartedSubmission): Promise<Received> {
    const { session } = submission;
    try {
      return await this.store(submission);
    } catch (error) {
      const isFull = error instanceof Problem && error.code === 'capacity-exhausted';
      if (isFull) this.broker.payloads.markFull({ incarnation: session.shard?.incarnation });
      await session.abandon();
      throw error;
    } finally {
      session.finish();
    }
  }

  private async store(submission: StartedSubmission): Promise<Received> {
    const { request, source, claim, session, inputKey } = submission;
    const job = { id: submission.secrets.id, inputKey };
    const encryptor = new UploadEncryptor(session, this.limits, job, {
      onPixels: (pixels) => this.pixels.charge(request, pixels),
      onBytes: (role, plain) => claim?.fingerprint.take(role, plain),
    });
    const content = await source(request, {
      maxBytes: this.maxBytes,
      writeFile: (role, file) => encryptor.write(role, file),
      skipFile: (role) => {
        encryptor.skip(role);
        claim?.fingerprint.skip(role);
      },
    });
    const { extraFields, ignored } = content;
    this.requireOffered(content.options.model);
    requirePromises(content.options, this.settings);
    const options = { ...submission.member?.promises, ...content.options };
    if (claim !== undefined) {
      await this.broker.idempotency.complete(claim.entry, claim.fingerprint.digest(options));
    }
    return {
      record: await this.enqueue(submission, encryptor, { options, extraFields }),
      extraFields,
      ignored,
    };
  }

  /** @throws Problem `model-unknown` */
  private requireOffered(wanted: string | undefined): void {
    if (wanted === undefined || this.models.some(({ name }) => name === wanted)) return;
    const names = this.models.map(({ name }) => name);
    throw new Problem('model-unknown', mustBe('model', names));
  }

  private async enqueue(
    { request, caller, member, secrets: { id }, session: { shard } }: StartedSubmission,
    { parts, pixels }: UploadEncryptor,
    { options, extraFields }: Pick<UploadContent, 'options' | 'extraFields'>,
  ): Promise<JobRecord> {
    const { jobs, payloads, queue, lifetimes } = this.broker;
    const span = this.telemetry.startSubmission(request);
    const storedBytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    const reserveBytes = storedBytes + Math.ceil(pixels * OUTPUT_BYTES_PER_PIXEL);
    const [record] = await Promise.all([
      jobs.enqueue(id, {
        ...{ parts, options, pixels, reserveBytes, shard, trace: span.trace },
        ...{ tenant: caller.tenant, keyId: caller.key?.id, member: member?.membership(extraFields) },
      }),
      payloads
        .of({ incarnation: shard?.incarnation })
        .prolong(uploadKey(id), lifetimeAfter('enqueue', lifetimes, promisesOf(options))),
    ]);
    if (record === undefined) throw new Problem('request-timeout');
    await queue.add(id, this.schedulingOf(caller, pixels));
    span.end({ tierName: caller.tierName, pixels, bytes: storedBytes });
    return record;
  }

  /** An image whose size is not in its first chunk counts as the largest. */
  private schedulingOf({ tenant }: Caller, pixels: number): SchedulingRequest {
    return { tenant, cost: costOf(pixels || this.limits.maxPixels) };
  }

  /** The job of an earlier attempt, if this request has the same content. The content is compared and not stored. */
  private async findEarlier(
    request: FastifyRequest,
    source: UploadSource,
    claim: IdempotencyClaim,
  ): Promise<Received> {
    const { entry, fingerprint, token } = claim;
    const { options, extraFields, ignored } = await source(request, {
      maxBytes: this.maxBytes,
      writeFile: async (role, file) => {
        for await (const bytes of file) fingerprint.take(role, bytes);
      },
      skipFile: (role) => fingerprint.skip(role),
    });
    if (!sameFingerprint(fingerprint.digest(options), entry.fingerprint ?? ''))
      throw new Problem('retry-differs');
    const record = await this.broker.jobs.read(jobIdOf(token));
    if (record === undefined) throw new Problem('queue-lost');
    await this.restore(request, record);
    return { record, extraFields, ignored };
  }
}
