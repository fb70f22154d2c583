import { Controller, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { JobRecord } from '#broker/job.record.js';
import { isTerminal } from '#contracts/job.states.js';
import { jobLinks, type JobAccepted } from '#contracts/job.view.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { tokenText } from '#vault/job.token.js';
import { wipe } from '#vault/wipe.js';
import { ApiContext } from '../api.context.js';
import { EventFeed } from '../delivery/event.feed.js';
import { presentPlace, problemOfEnd, timeText } from '../delivery/job.presenter.js';
import { JobWaiter } from '../delivery/job.waiter.js';
import { Pulse } from '../delivery/pulse.js';
import { ResultDelivery } from '../delivery/result.delivery.js';
import { ResponseSink } from '../delivery/result.response.js';
import { SseStream } from '../delivery/sse.stream.js';
import { IntakeService, type Accepted } from '../intake/intake.service.js';
import { DescribeSubmit } from '../ops/api.description.js';
import { SubmitGuard } from '../throttle/submit.guard.js';
import { clientGone, preferredWaitS, wantsEvents } from './request.preferences.js';

/** `POST /v1/jobs`: one image in; at once a job, after a wait the image, or a stream that ends with it. */
@Controller('v1/jobs')
export class SubmitController {
  constructor(
    private readonly context: ApiContext,
    private readonly intake: IntakeService,
    private readonly waiter: JobWaiter,
    private readonly pulse: Pulse,
    private readonly delivery: ResultDelivery,
    private readonly feed: EventFeed,
  ) {}

  /** Takes one image. The client's `Accept` and `Prefer` say how the result comes back. */
  @Post()
  @UseGuards(SubmitGuard)
  @DescribeSubmit()
  async submit(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const gone = clientGone(reply);
    const accepted = await this.intake.accept(request);
    const waitS = preferredWaitS(request, this.context.settings.MAX_WAIT_S);
    try {
      if (wantsEvents(request)) await this.stream(accepted, reply, gone);
      else if (waitS !== undefined) await this.wait(accepted, reply, { gone, waitS });
      else await this.answer(accepted, reply);
    } finally {
      wipe(accepted.token);
    }
  }

  private async answer({ record, token }: Accepted, reply: FastifyReply): Promise<void> {
    const body = await this.present(record, token);
    const retryAfterS = Math.max(1, Math.ceil((body.eta_ms ?? 1000) / 1000));
    await reply
      .code(202)
      .headers({ Location: body.links.self, 'Retry-After': retryAfterS, 'Cache-Control': 'no-store' })
      .send(body);
  }

  private async stream({ record, token }: Accepted, reply: FastifyReply, gone: AbortSignal): Promise<void> {
    const stream = new SseStream(reply);
    stream.send('accepted', await this.present(record, token));
    await this.feed.run(stream, { id: record.id, seenVersion: undefined, inlineToken: token, gone });
  }

  /** Until the image is delivered here nobody else knows the token: a client that leaves cancels its job. */
  private async wait(
    accepted: Accepted,
    reply: FastifyReply,
    { gone, waitS }: { gone: AbortSignal; waitS: number },
  ): Promise<void> {
    const { id } = accepted.record;
    const purge = (): Promise<boolean> => this.context.broker.purge.cancelled(id).catch(() => false);
    const done = (record: JobRecord): boolean => record.state === 'ready' || isTerminal(record.state);
    const record = await this.waiter.until(id, done, { timeoutMs: waitS * 1000, signal: gone });
    if (gone.aborted) return void (await purge());
    void reply.header('Preference-Applied', `wait=${waitS}`);
    if (isTerminal(record.state)) throw problemOfEnd(record, record.state);
    if (record.state !== 'ready') return this.answer({ ...accepted, record }, reply);
    const sink = new ResponseSink(reply);
    try {
      await this.delivery.deliver(record, accepted.token, sink);
    } catch (error) {
      await purge();
      if (error instanceof Problem && !sink.abort()) throw error;
      sink.abort();
    }
  }

  private async present(record: JobRecord, token: Buffer): Promise<JobAccepted> {
    const place = await this.pulse.placeOf(record).catch(() => ({ position: undefined, etaMs: undefined }));
    return {
      id: record.id,
      token: tokenText(token),
      status: record.state,
      ...presentPlace(place, 'queue_position'),
      expires_at: timeText(record.deadlineAt),
      links: jobLinks(record.id),
    };
  }
}
