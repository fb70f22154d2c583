import { Controller, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { JobRecord } from '#broker/job.record.js';
import { isTerminal } from '#contracts/job.states.js';
import { wipe } from '#vault/wipe.js';
import { EventFeed } from '../delivery/event.feed.js';
import { problemOfEnd } from '../delivery/job.presenter.js';
import { JobWaiter } from '../delivery/job.waiter.js';
import { SseStream } from '../delivery/sse.stream.js';
import { IntakeService, type Accepted } from '../intake/intake.service.js';
import { DescribeSubmit } from '../ops/submit.description.js';
import { SubmitGuard } from '../throttle/submit.guard.js';
import { JobAnswers } from './job.answers.js';
import { clientGone, preferredWaitS, wantsEvents } from '../http/request.preferences.js';

/** `POST /v1/jobs`: one image in; at once a job, after a wait the image, or a stream that ends with it. */
@Controller('v1/jobs')
export class SubmitController {
  constructor(
    private readonly intake: IntakeService,
    private readonly waiter: JobWaiter,
    private readonly answers: JobAnswers,
    private readonly feed: EventFeed,
  ) {}

  /** Takes one image. The client's `Accept` and `Prefer` say how the result comes back. */
  @Post()
  @UseGuards(SubmitGuard)
  @DescribeSubmit()
  async submit(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const gone = clientGone(reply);
    const accepted = await this.intake.accept(request, reply);
    if (accepted.replayed) void reply.header('Idempotent-Replayed', 'true');
    const waitS = preferredWaitS(request, this.waiter.maxWaitS);
    try {
      if (wantsEvents(request)) await this.stream(accepted, reply, gone);
      else if (waitS !== undefined) await this.wait(accepted, reply, { gone, waitS });
      else await this.tell(accepted, reply);
    } finally {
      wipe(accepted.token);
    }
  }

  /** 202; a request that is repeated after the job's end hears how it ended. */
  private async tell({ record, token }: Accepted, reply: FastifyReply): Promise<void> {
    if (isTerminal(record.state)) throw problemOfEnd(record, record.state);
    await this.answers.sendAccepted(reply, record, token);
  }

  private async stream({ record, token }: Accepted, reply: FastifyReply, gone: AbortSignal): Promise<void> {
    const body = await this.answers.accepted(record, token);
    const stream = new SseStream(reply);
    stream.send('accepted', body);
    await this.feed.run(stream, { id: record.id, seenVersion: undefined, inlineToken: token, gone });
  }

  /** Until the answer nobody else knows the token: a client that leaves and cannot come back withdraws its job. */
  private async wait(
    { record: { id }, token, repeatable }: Accepted,
    reply: FastifyReply,
    { gone, waitS }: { gone: AbortSignal; waitS: number },
  ): Promise<void> {
    const done = (record: JobRecord): boolean => record.state === 'ready' || isTerminal(record.state);
    const record = await this.waiter.until(id, done, { timeoutMs: waitS * 1000, signal: gone });
    if (gone.aborted) {
      if (!repeatable) await this.intake.withdraw(id);
      return;
    }
    void reply.header('Preference-Applied', `wait=${waitS}`);
    if (isTerminal(record.state)) throw problemOfEnd(record, record.state);
    if (record.state !== 'ready') return this.answers.sendAccepted(reply, record, token);
    const sent = await this.answers.sendResult(reply, record, { token, told: false });
    if (!sent && !repeatable) await this.intake.withdraw(id);
  }
}
