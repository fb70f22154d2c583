import { Controller, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isTerminal } from '#contracts/job.states.js';
import { wipe } from '#vault/wipe.js';
import { EventFeed } from '../delivery/event.feed.js';
import { problemOfEnd } from '../delivery/job.presenter.js';
import { ResponseSink } from '../delivery/result.response.js';
import { SseStream } from '../delivery/sse.stream.js';
import { IntakeService, type Accepted } from '../intake/intake.service.js';
import { DescribeSubmit } from '../ops/submit.description.js';
import { SubmitGuard } from '../throttle/submit.guard.js';
import { JobAnswers } from './job.answers.js';
import { clientGone, preferredWaitS, wantsEvents } from '../http/request.preferences.js';
import { ResultWait } from './result.wait.js';

/** `POST /v1/jobs`: one image in; at once a job, after a wait the image, or a stream that ends with it. */
@Controller('v1/jobs')
export class SubmitController {
  constructor(
    private readonly intake: IntakeService,
    private readonly answers: JobAnswers,
    private readonly feed: EventFeed,
    private readonly results: ResultWait,
  ) {}

  /** Takes one image. The client's `Accept` and `Prefer` say how the result comes back. */
  @Post()
  @UseGuards(SubmitGuard)
  @DescribeSubmit()
  async submit(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const gone = clientGone(reply);
    const accepted = await this.intake.accept(request, reply);
    if (accepted.replayed) void reply.header('Idempotent-Replayed', 'true');
    const waitS = preferredWaitS(request, this.results.maxWaitS);
    try {
      if (wantsEvents(request)) await this.stream(accepted, reply);
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

  private async stream({ record, token }: Accepted, reply: FastifyReply): Promise<void> {
    const body = await this.answers.accepted(record, token);
    const stream = new SseStream(reply);
    stream.send('accepted', body);
    await this.feed.follow(stream, { id: record.id, seenVersion: undefined, inlineToken: token });
  }

  /** The image if it is done in time, else 202. */
  private async wait(
    accepted: Accepted,
    reply: FastifyReply,
    { gone, waitS }: { gone: AbortSignal; waitS: number },
  ): Promise<void> {
    void reply.header('Preference-Applied', `wait=${waitS}`);
    const limits = { timeoutMs: waitS * 1000, signal: gone };
    const record = await this.results.deliver(accepted, new ResponseSink(reply), limits);
    if (record !== undefined) await this.answers.sendAccepted(reply, record, accepted.token);
  }
}
