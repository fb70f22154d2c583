import { Controller, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isTerminal } from '#contracts/job-states.js';
import { wipe } from '#crypto/wipe.js';
import { JobEventStream } from '../events/job-event-stream.js';
import { problemOfTerminalState } from '../results/job.mapper.js';
import { HttpResultWriter } from '../results/http-result-writer.js';
import { SseStream } from '../events/sse-stream.js';
import { LongPoll } from '../long-poll/long-poll.service.js';
import { UploadService, type Accepted } from '../uploads/upload.service.js';
import { Route } from '../http/route-config.js';
import { DescribeSubmit } from './jobs.openapi.js';
import { SubmitGuard } from '../rate-limit/rate-limits.js';
import { JobResponder, setUploadHeaders } from './job-responder.js';
import { disconnectSignal, submissionWaitS, wantsEvents } from '../http/request-preferences.js';

/** `POST /v1/jobs`: responds with the job, with the result after a wait, or with an event stream. */
@Controller('v1/jobs')
export class SubmitController {
  constructor(
    private readonly uploads: UploadService,
    private readonly responder: JobResponder,
    private readonly eventStream: JobEventStream,
    private readonly longPoll: LongPoll,
  ) {}

  /** Accepts one image. `Accept` and `Prefer` decide on the response. */
  @Post()
  @Route({ call: 'submit' })
  @UseGuards(SubmitGuard)
  @DescribeSubmit()
  async submit(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const signal = disconnectSignal(reply);
    const waitS = submissionWaitS(request, this.longPoll.maxWaitS);
    const accepted = await this.uploads.submit(request);
    setUploadHeaders(reply, accepted);
    try {
      if (wantsEvents(request)) await this.stream(accepted, reply);
      else if (waitS !== undefined) await this.wait(accepted, reply, { signal, waitS });
      else await this.sendAccepted(accepted, reply);
    } finally {
      wipe(accepted.token);
    }
  }

  /** 202; the problem of a job that has ended, for a repeated request. */
  private async sendAccepted(accepted: Accepted, reply: FastifyReply): Promise<void> {
    const { record } = accepted;
    if (isTerminal(record.state)) throw problemOfTerminalState(record, record.state);
    await this.responder.sendAccepted(reply, accepted);
  }

  private async stream(accepted: Accepted, reply: FastifyReply): Promise<void> {
    const { record, token } = accepted;
    const body = await this.responder.accepted(accepted);
    const stream = new SseStream(reply);
    stream.send('accepted', body);
    await this.eventStream.follow(stream, { id: record.id, seenVersion: undefined, inlineToken: token });
  }

  /** The result if it is ready in time and can be read, else 202. */
  private async wait(
    accepted: Accepted,
    reply: FastifyReply,
    { signal, waitS }: { signal: AbortSignal; waitS: number },
  ): Promise<void> {
    void reply.header('Preference-Applied', `wait=${waitS}`);
    const limits = { timeoutMs: waitS * 1000, signal };
    const writer = new HttpResultWriter(reply, { via: 'wait' });
    const record = await this.responder.sendResultWhenReady(accepted, writer, limits);
    if (record !== undefined) await this.responder.sendAccepted(reply, { ...accepted, record });
  }
}
