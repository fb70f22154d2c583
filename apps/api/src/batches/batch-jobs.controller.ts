import { Controller, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FoundMember } from '#broker/batches/batch.store.js';
import type { PromisedSeconds } from '#broker/records/lifetimes.js';
import type { BatchMembership } from '#broker/jobs/job-scripts.js';
import { customIdSchema, type BatchJob } from '#contracts/batch-view.js';
import { jobLinks } from '#contracts/job-view.js';
import { mustBe } from '#contracts/option-refusal.js';
import { Problem } from '#contracts/problem-catalog.js';
import { publicId } from '#contracts/public-id.js';
import { jobIdOf, tokenText } from '#crypto/job-token.js';
import { wipe } from '#crypto/wipe.js';
import { SETTINGS, BROKER } from '../core/providers.js';
import { timeText } from '../results/job.mapper.js';
import { text } from '../uploads/form-reader.js';
import { nativeUpload, type UploadSource } from '../uploads/upload-source.js';
import { RemoteImageService } from '../uploads/remote-image.service.js';
import { UploadService } from '../uploads/upload.service.js';
import { Route } from '../http/route-config.js';
import { JobResponder, retryAfter, setUploadHeaders } from '../jobs/job-responder.js';
import { DescribeBatchSubmit } from './batches.openapi.js';
import { SubmitGuard } from '../rate-limit/rate-limits.js';
import { BatchToken, RequireBatchToken, type BatchAccess } from '../auth/token-guards.js';
import { LongPoll } from '../long-poll/long-poll.service.js';
import type { Settings } from '#config/settings.schema.js';
import type { Broker } from '#broker/broker.js';

const CUSTOM_ID = 'custom_id';
/** More than 200 characters in UTF-8; the schema checks the exact length. */
const MAX_CUSTOM_ID_BYTES = 1024;

/** A request that adds an image. */
interface Addition {
  request: FastifyRequest;
  reply: FastifyReply;
  batch: BatchAccess;
}

/** `POST /v1/batches/{id}/jobs`: adds an image. A repeated request is recognized by its `custom_id`. */
@Controller('v1/batches/:id/jobs')
export class BatchJobsController {
  private readonly source: UploadSource;

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(BROKER) private readonly broker: Broker,
    private readonly longPoll: LongPoll,
    private readonly uploads: UploadService,
    private readonly responder: JobResponder,
    images: RemoteImageService,
  ) {
    this.source = nativeUpload(images, { [CUSTOM_ID]: text(MAX_CUSTOM_ID_BYTES) });
  }

  /** Adds one image, or finds it in the batch. */
  @Post()
  @Route({ call: 'batch' })
  @UseGuards(SubmitGuard)
  @RequireBatchToken()
  @DescribeBatchSubmit()
  async submit(
    @BatchToken() batch: BatchAccess,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { status, promises } = await this.longPoll.readBatch(batch.id);
    const named = (request.query as Record<string, unknown>)[CUSTOM_ID];
    const customId = named === undefined || named === '' ? undefined : parseCustomId(named);
    const earlier = customId === undefined ? undefined : await this.find(batch, customId);
    if (earlier !== undefined) await this.sendEarlier({ request, reply, batch }, earlier);
    else if (status !== 'open') throw new Problem('batch-closed');
    else await this.add({ request, reply, batch }, promises);
  }

  private async add({ request, reply, batch }: Addition, promises: PromisedSeconds): Promise<void> {
    const { id, secrets } = batch;
    const { salt, token } = secrets.drawJob();
    let customId: string = jobIdOf(token);
    const membership = (extraFields: ReadonlyMap<string, string>): BatchMembership => {
      const named = extraFields.get(CUSTOM_ID);
      if (named !== undefined) customId = parseCustomId(named);
      return { batch: id, ...secrets.seal(customId, salt), maxMembers: this.settings.MAX_BATCH_IMAGES };
    };
    try {
      const member = { token, promises, membership };
      const accepted = await this.uploads.submit(request, { source: this.source, member });
      setUploadHeaders(reply, accepted);
      const body: BatchJob = { ...(await this.responder.accepted(accepted)), custom_id: customId };
      void reply.headers({ Location: body.links.self, ...retryAfter(body.eta_ms) });
      await reply.code(202).send(body);
    } catch (error) {
      if (error instanceof Problem && error.code === 'batch-full') throw this.batchFull();
      if (!(error instanceof Problem) || error.code !== 'custom-id-taken') throw error;
      const earlier = await this.find(batch, customId);
      if (earlier === undefined) throw error;
      await this.sendEarlier({ request, reply, batch }, earlier);
    } finally {
      wipe(token);
    }
  }

  private batchFull(): Problem {
    const { MAX_BATCH_IMAGES: limit } = this.settings;
    const detail = `The limit is ${limit} images in one batch. Open another batch.`;
    return new Problem('batch-full', { limit, unit: 'images', detail });
  }

  /** The image with that `custom_id`, unless it ended without a result. */
  private find({ id, secrets }: BatchAccess, customId: string): Promise<FoundMember | undefined> {
    return this.broker.batches.find(id, secrets.nameOf(customId));
  }

  /** 200: the image is already in the batch. */
  private async sendEarlier({ request, reply, batch }: Addition, found: FoundMember): Promise<void> {
    const { customId, token } = batch.secrets.open(found.sealedEntry);
    try {
      const record = await this.broker.jobs.read(found.jobId);
      if (record !== undefined) await this.uploads.restore(request, record);
      const body =
        record === undefined
          ? expiredJob(found, token, this.settings.REGION)
          : await this.responder.accepted({ record, token });
      await reply
        .code(200)
        .headers({ 'Idempotent-Replayed': 'true' })
        .send({ ...body, custom_id: customId } satisfies BatchJob);
    } finally {
      wipe(token);
    }
  }
}

/** A job whose tombstone has expired. Its batch still has its final state. */
const expiredJob = (
  { jobId, state }: FoundMember,
  token: Buffer,
  region: string | undefined,
): Omit<BatchJob, 'custom_id'> => ({
  id: publicId(jobId, region),
  token: tokenText(token),
  status: state,
  expires_at: timeText(Date.now()),
  links: jobLinks(publicId(jobId, region)),
});

/** @throws Problem `invalid-parameter` */
function parseCustomId(value: unknown): string {
  const parsed = customIdSchema.safeParse(value);
  if (!parsed.success)
    throw new Problem(
      'invalid-parameter',
      mustBe(CUSTOM_ID, ['1 to 200 characters without control characters']),
    );
  return parsed.data;
}
