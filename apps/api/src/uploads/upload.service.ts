import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { inputKey } from '#broker/broker.keys.js';
import { costOf } from '#broker/job.cost.js';
import type { JobRecord } from '#broker/job.record.js';
import { throughOutage } from '#broker/redis.failure.js';
import type { Enrolment } from '#broker/transition.script.js';
import { UploadSession } from '#broker/upload.session.js';
import { Problem } from '#contracts/problem.catalogue.js';
import type { ImageLimits } from '#imaging/image.facts.js';
import { imageLimits } from '#settings/image.limits.js';
import { deriveSecrets, drawToken, jobIdOf, type JobSecrets } from '#vault/job.token.js';
import { wrapKeys } from '#vault/key.wrap.js';
import { sameFingerprint } from '#vault/upload.fingerprint.js';
import { wipe } from '#vault/wipe.js';
import { SETTINGS, BROKER, KEY_ENCRYPTION_KEY, MODELS } from '../core/providers.js';
import { announcedBytes, maxUploadBytes } from '../http/fastify-adapter.js';
import { CallerService, type Caller } from '../auth/caller.service.js';
import { PixelLimit } from '../rate-limit/pixel-limit.js';
import { IdempotencyService, type IdempotencyClaim } from './idempotency.service.js';
import { mayNameAddress, nativeUpload } from './native-upload.js';
import { RemoteImageService } from './remote-image.service.js';
import type { UploadContent, UploadSource } from './upload-source.js';
import { UploadEncryptor } from './upload-encryptor.js';
import type { Settings } from '#settings/settings.schema.js';
import type { Broker } from '#broker/broker.js';
import { ApiTelemetry } from '../observability/api-telemetry.js';
import type { ModelEntry } from '#inference/model.catalogue.js';

/** Bytes of a losslessly encoded cut-out per pixel: an estimate on the safe side. */
const OUTPUT_BYTES_PER_PIXEL = 1.5;

/** A job that stands in the queue. Its token is here and with the client, nowhere else. */
export interface Accepted {
  record: JobRecord;
  token: Buffer;
  /** The client can come back for the job by repeating its request, also when it never heard the token. */
  repeatable: boolean;
  /** The job was made by an earlier request. */
  replayed: boolean;
  extraFields: UploadContent['extraFields'];
}

/** How an image comes in, where that is not as on `POST /v1/jobs`. */
export interface UploadWay {
  /** Reads it in another way. */
  source?: UploadSource;
  /** Most bytes that it can bring; by default what the request announces. */
  mostBytes?: number | undefined;
  /** Set when the image comes into a batch. */
  member?: Member | undefined;
}

/** An image of a batch. */
export interface Member {
  /** Token of its job, which follows from that of the batch. */
  token: Buffer;
  /** How it stands in the batch, by what the request brought. @throws Problem */
  enrolment: (extraFields: UploadContent['extraFields']) => Enrolment;
}

/** One submission on its way in. */
interface Submission {
  request: FastifyRequest;
  way: UploadWay;
  /** Is told how its caller stands once the image has been counted. */
  reply: FastifyReply;
  caller: Caller;
  secrets: JobSecrets;
  claim: IdempotencyClaim | undefined;
}

/** One that has a job. */
interface StartedSubmission extends Submission {
  session: UploadSession;
}

type Received = Pick<Accepted, 'record' | 'extraFields'>;

/** HTTP upload → sealed chunks → queue. */
@Injectable()
export class UploadService {
  private readonly limits: ImageLimits;
  private readonly maxBytes: number;
  private readonly native: UploadSource;

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(BROKER) private readonly broker: Broker,
    private readonly telemetry: ApiTelemetry,
    @Inject(KEY_ENCRYPTION_KEY) private readonly kek: Buffer,
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
   * Takes one image in, or finds the job that an earlier try of the same request made. When this throws, nothing
   * of the request is left.
   * @throws Problem whatever the upload, the image's header or the queue has against it
   */
  async submit(request: FastifyRequest, reply: FastifyReply, way: UploadWay = {}): Promise<Accepted> {
    const caller = this.callers.of(request);
    // An image of a batch is known again by its name there.
    const claim = way.member === undefined ? await this.claims.claim(request, caller) : undefined;
    const token = way.member?.token ?? claim?.token ?? drawToken();
    try {
      const received = claim?.earlier
        ? await this.findAgain(request, way, claim)
        : await this.begin({ request, way, reply, caller, claim, secrets: deriveSecrets(token) });
      const replayed = claim?.earlier !== undefined;
      return { ...received, token, repeatable: claim !== undefined, replayed };
    } catch (error) {
      wipe(token);
      claim?.fingerprint.drop();
      throw error;
    }
  }

  /** Gives up a job whose submitter has gone without ever learning its token. */
  async withdraw(id: JobRecord['id']): Promise<void> {
    await throughOutage(() => this.broker.purge.cancelled(id));
  }

  /** Memory that an upload may take, as far as its head tells. An address says nothing of what comes from it. */
  private mostBytes(request: FastifyRequest, { mostBytes }: UploadWay): number {
    const mayFetch = this.images.isEnabled && mayNameAddress(request);
    return mostBytes ?? ((mayFetch ? 0 : announcedBytes(request)) || this.maxBytes);
  }

  private async begin(submission: Submission): Promise<Received> {
    const { request, way, caller, secrets, claim } = submission;
    const { settings, broker, kek } = this;
    const maxBytes = this.mostBytes(request, way);
    try {
      const session = await UploadSession.start(broker, secrets.id, {
        ...{ wrappedKeys: wrapKeys(kek, secrets.id, secrets), tenant: caller.tenant, maxBytes },
        region: settings.REGION,
      });
      return await this.receive({ ...submission, session });
    } catch (error) {
      // A request that came to nothing may be tried again, with another image too.
      if (claim !== undefined) await broker.retries.forget(claim.entry).catch(() => undefined);
      throw await this.withRetryAfter(error, maxBytes, caller);
    } finally {
      wipe(secrets.inputKey, secrets.outputKey);
    }
  }

  /** Adds to a refusal for want of memory when some is likely to be free, for all or for this tenant. */
  private async withRetryAfter(error: unknown, bytes: number, { tenant }: Caller): Promise<unknown> {
    const code = error instanceof Problem ? error.code : undefined;
    if (code !== 'capacity-exhausted' && code !== 'tenant-limit') return error;
    const { capacity } = this.broker;
    const retryAfterS = await capacity.retryAfterS(bytes, code === 'tenant-limit' ? tenant.id : undefined);
    return new Problem(code, { retryAfterS });
  }

  private async receive(submission: StartedSubmission): Promise<Received> {
    const { session } = submission;
    try {
      return await this.store(submission);
    } catch (error) {
      const isFull = error instanceof Problem && error.code === 'capacity-exhausted';
      if (isFull) this.broker.payloads.noteFull({ seat: session.seat?.seat });
      await session.abandon();
      throw error;
    } finally {
      session.finish();
    }
  }

  private async store(submission: StartedSubmission): Promise<Received> {
    const { request, way, reply, caller, secrets, claim, session } = submission;
    const sealer = new UploadEncryptor(session, this.limits, secrets, {
      pixels: (pixels) => this.pixels.charge(caller, reply, pixels),
      bytes: (role, plain) => claim?.fingerprint.take(role, plain),
    });
    const content = await (way.source ?? this.native)(request, {
      maxBytes: this.maxBytes,
      sink: (role, file) => sealer.take(role, file),
    });
    const { options, extraFields } = content;
    this.requireOffered(options.model);
    if (claim !== undefined) {
      await this.broker.retries.complete(claim.entry, claim.fingerprint.digest(options));
    }
    return { record: await this.enqueue(submission, sealer, content), extraFields };
  }

  /** @throws Problem `model-unknown` */
  private requireOffered(wanted: string | undefined): void {
    if (wanted === undefined || this.models.some(({ name }) => name === wanted)) return;
    throw new Problem('model-unknown', { parameter: 'model' });
  }

  private async enqueue(
    { request, reply, caller, way: { member }, secrets: { id }, session: { seat } }: StartedSubmission,
    { parts, pixels }: UploadEncryptor,
    { options, extraFields }: UploadContent,
  ): Promise<JobRecord> {
    const { jobs, payloads, queue, lifetimes } = this.broker;
    const trail = this.telemetry.submission(request);
    const storedBytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    const reserveBytes = storedBytes + Math.ceil(pixels * OUTPUT_BYTES_PER_PIXEL);
    const [record] = await Promise.all([
      jobs.enqueue(id, {
        ...{ parts, options, reserveBytes, seat, trace: trail.trace },
        ...{ tenant: caller.tenant, keyId: caller.key?.id, member: member?.enrolment(extraFields) },
      }),
      payloads.of({ seat: seat?.seat }).prolong(inputKey(id), lifetimes.queueMs),
    ]);
    if (record === undefined) throw new Problem('request-timeout');
    // Whatever hides its size in a long header counts as the largest.
    await queue.add(id, { tenant: caller.tenant, cost: costOf(pixels || this.limits.maxPixels) });
    trail.queued(reply, { tierName: caller.tierName, pixels, bytes: storedBytes });
    return record;
  }

  /** The job that an earlier try made, if this one sends the same: its bytes are compared, none is stored. */
  private async findAgain(
    request: FastifyRequest,
    way: UploadWay,
    claim: IdempotencyClaim,
  ): Promise<Received> {
    const { entry, fingerprint, token } = claim;
    const { options, extraFields } = await (way.source ?? this.native)(request, {
      maxBytes: this.maxBytes,
      sink: async (role, file) => {
        for await (const bytes of file) fingerprint.take(role, bytes);
      },
    });
    if (!sameFingerprint(fingerprint.digest(options), entry.print ?? '')) throw new Problem('retry-differs');
    const record = await this.broker.jobs.read(jobIdOf(token));
    if (record === undefined) throw new Problem('queue-lost');
    return { record, extraFields };
  }
}
